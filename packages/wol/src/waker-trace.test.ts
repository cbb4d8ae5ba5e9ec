// SPDX-License-Identifier: MIT
import type { WakeTrace, WakeTraceReply, WakeTraceRequest } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { settle } from './fake-clock.fixture.ts';
import { aHost, aRequest, Scene } from './waker.fixture.ts';
import { headStart } from './waker.ts';

const request = (changes: Partial<WakeTraceRequest> = {}): WakeTraceRequest => ({
  device: 'nas',
  after: 0,
  patience: 5_000,
  doctor: false,
  by: 'anna',
  ...changes,
});

const traceOf = (reply: WakeTraceReply): WakeTrace => {
  if ('error' in reply) throw new Error(reply.message);
  return reply;
};
const lines = ({ steps }: WakeTrace): string[] =>
  steps.map(
    ({ at, step, ok, text }) =>
      `${Math.round(at)} ${step} ${ok === null ? '-' : ok ? 'ok' : 'WRONG'} ${text}`,
  );

/** All steps until now. */
async function soFar(scene: Scene, changes: Partial<WakeTraceRequest> = {}): Promise<WakeTrace> {
  const asked = scene.waker.trace(request({ patience: 0, ...changes }));
  await scene.clock.pass(0);
  return traceOf(await asked);
}

describe('the trace of a wake', () => {
  it('tells each step with its time', async () => {
    const scene = new Scene(aHost());
    void scene.waker.ask(aRequest());
    await scene.clock.pass(1_200);
    scene.say({ kind: 'neighbour', neighbour: null, card: false });
    await scene.clock.pass(300);
    const neighbour = {
      address: '192.168.1.20',
      interface: 'eth0',
      mac: '00:11:32:aa:bb:cc',
      state: 'reachable',
    } as const;
    scene.say({ kind: 'neighbour', neighbour, card: true });
    await scene.clock.pass(200);
    scene.say({ kind: 'refused' });
    await scene.clock.pass(100);
    scene.say({ kind: 'open' });
    const trace = await soFar(scene, { after: 1 });
    expect(trace).toMatchObject({ done: true, ok: true });
    const to = '192.168.1.255 (eth0), 255.255.255.255 (eth0), 192.168.1.20; UDP ports 9 and 7';
    expect(lines(trace)).toEqual([
      '300 path ok eth0 has 192.168.1.1 in 192.168.1.0/24, broadcast 192.168.1.255',
      `300 packets ok magic packet 1 for 00:11:32:aa:bb:cc to ${to}: 6 of 6 datagrams sent`,
      '1200 neighbour - the kernel knows no neighbour 192.168.1.20',
      `1300 packets ok magic packet 2 for 00:11:32:aa:bb:cc to ${to}: 6 of 6 datagrams sent`,
      '1500 neighbour ok 192.168.1.20 on eth0 is 00:11:32:aa:bb:cc (reachable)',
      '1500 alive ok the network card of 192.168.1.20 answers',
      '1700 alive ok 192.168.1.20 answers, and refuses tcp/25565',
      '1800 ready ok 192.168.1.20 tcp/25565: ready 1.5 s after the wake began',
    ]);
  });

  it('is read piece by piece, as it happens', async () => {
    const scene = new Scene(aHost());
    const first = scene.waker.trace(request());
    await scene.clock.pass(headStart);
    const { steps, done } = traceOf(await first);
    expect([steps.length > 0, done]).toEqual([true, false]);
    await scene.clock.pass(500);
    const seen = (await soFar(scene)).steps.length;
    const next = scene.waker.trace(request({ after: seen }));
    await settle();
    scene.say({ kind: 'alive', how: 'ping' });
    expect(traceOf(await next).steps[0]).toMatchObject({
      step: 'alive',
      text: '192.168.1.20 answers (ping)',
    });
    await scene.clock.pass(0);
    expect(await soFar(scene, { after: 1 })).toMatchObject({ done: true, ok: true });
    const none = scene.waker.trace(request({ after: 99 }));
    expect(await none).toEqual({ steps: [], done: true, ok: true });
  });

  it('is that of the wake under way, whoever began it', async () => {
    const scene = new Scene(aHost());
    void scene.waker.ask(aRequest());
    await scene.clock.pass(2_000);
    const { steps } = await soFar(scene);
    expect(steps[0]?.text).toBe('192.168.1.20 tcp/25565: no answer within 300 ms');
    expect(scene.of('wake_started')).toMatchObject([{ by: 'minecraft' }]);
  });

  it('says what is likely wrong when it fails', async () => {
    const scene = new Scene(aHost({ macs: ['52:54:00:12:34:56'] }));
    void scene.waker.ask(aRequest());
    await scene.clock.pass(61_000);
    const trace = await soFar(scene, { after: 1 });
    expect(trace).toMatchObject({ done: true, ok: false });
    expect(lines(trace).slice(-3)).toEqual([
      '60300 failed WRONG 192.168.1.20 tcp/25565: not ready within 60.0 s',
      expect.stringContaining(
        '60300 advice - nothing was heard of it: is it plugged in, is Wake-on-LAN switched on',
      ),
      expect.stringContaining('60300 advice - 52:54:00:12:34:56 was made up by software'),
    ]);
  });

  it('is not replaced by that of a mere probe while somebody may be reading it', async () => {
    const scene = new Scene(aHost());
    void scene.waker.ask(aRequest());
    await scene.clock.pass(2_000);
    scene.say({ kind: 'open' });
    await scene.clock.pass(2_000);
    void scene.waker.ask(aRequest());
    await scene.clock.pass(3);
    scene.say({ kind: 'open' });
    await scene.clock.pass(0);
    const trace = await soFar(scene, { after: 1 });
    expect(trace.done).toBe(true);
    expect(lines(trace).at(-1)).toContain('ready 1.7 s after the wake began');
  });

  it('is read to its end by who asks soon after a wake, and nothing of that wake is', async () => {
    const scene = new Scene(aHost());
    void scene.waker.ask(aRequest());
    await scene.clock.pass(2_000);
    scene.say({ kind: 'open' });
    await scene.clock.pass(2_000);
    const first = scene.waker.trace(request());
    await scene.clock.pass(1);
    scene.say({ kind: 'unusable', problem: 'there is no ping' });
    const begun = traceOf(await first);
    expect(begun.done).toBe(false);
    scene.say({ kind: 'open' });
    await scene.clock.pass(0);
    const rest = traceOf(await scene.waker.trace(request({ after: begun.steps.length })));
    expect(rest).toMatchObject({ done: true, ok: true, steps: [{ step: 'ready' }] });
    expect(lines(rest).at(-1)).toContain('it was up already');
  });

  it('begins again for who asks on after a restart', async () => {
    const scene = new Scene(aHost());
    const asked = scene.waker.trace(request({ after: 7, patience: 400 }));
    await scene.clock.pass(400);
    expect(traceOf(await asked)).toMatchObject({ done: false });
    expect(scene.of('wake_started')).toMatchObject([{ by: 'anna' }]);
  });

  it('keeps its end, however long it gets', async () => {
    const scene = new Scene(aHost({ wake: { timeout: 3_600 } }));
    void scene.waker.ask(aRequest());
    await scene.clock.pass(3_601_000);
    const trace = await soFar(scene, { after: 1 });
    expect(trace.steps.length).toBeLessThan(210);
    expect(trace.steps.map(({ step }) => step)).toContain('failed');
  });

  it('of an unknown device is refused', async () => {
    const scene = new Scene();
    expect(await scene.waker.trace(request())).toMatchObject({ error: 'unknown_name' });
    expect(await scene.waker.trace(request({ doctor: true }))).toMatchObject({ error: 'unknown_name' });
  });
});

describe('the doctor', () => {
  it('wakes nothing, and says what would be done', async () => {
    const scene = new Scene(aHost({ wake: { password: new Uint8Array(6) } }));
    const first = scene.waker.trace(request({ doctor: true }));
    await scene.clock.pass(1_500);
    const seen = traceOf(await first).steps.length;
    const rest = traceOf(await scene.waker.trace(request({ doctor: true, after: seen })));
    expect(rest).toMatchObject({ done: true, ok: true });
    expect(lines(rest)).toEqual([
      '1500 probe - 192.168.1.20 any answer: no answer within 1500 ms',
      '1500 packets - would send magic packets for 00:11:32:aa:bb:cc with a SecureOn password of 6 bytes to 192.168.1.255 (eth0), 255.255.255.255 (eth0), 192.168.1.20; UDP ports 9 and 7',
      '1500 advice - it sleeps or is switched off; whether it wakes is to be seen by waking it',
    ]);
    expect([scene.packets, scene.events, scene.clock.pending]).toEqual([[], [], 0]);
  });

  it('tells what is wrong on our side', async () => {
    const scene = new Scene(aHost({ addresses: ['192.168.7.20'] }));
    void scene.waker.trace(request({ doctor: true }));
    await scene.clock.pass(1_500);
    const trace = traceOf(await scene.waker.trace(request({ doctor: true, after: 1 })));
    expect(trace).toMatchObject({ done: true, ok: false });
    expect(lines(trace).at(-1)).toContain('no network of this host contains 192.168.7.20');
  });

  it('finds one that is up', async () => {
    const scene = new Scene(aHost());
    void scene.waker.trace(request({ doctor: true }));
    await scene.clock.pass(4);
    scene.say({ kind: 'alive', how: 'ping' });
    await scene.clock.pass(0);
    const trace = traceOf(await scene.waker.trace(request({ doctor: true, after: 1 })));
    expect(trace).toMatchObject({ done: true, ok: true });
    expect(lines(trace)[1]).toContain('nothing would have to be woken');
  });

  it('examines anew for each who asks from the beginning', async () => {
    const scene = new Scene(aHost());
    for (const probes of [1, 2]) {
      void scene.waker.trace(request({ doctor: true }));
      await scene.clock.pass(1_500);
      expect(scene.probed).toBe(probes);
    }
  });
});
