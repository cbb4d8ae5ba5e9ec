// SPDX-License-Identifier: MIT
import type { WakeReply, WakeState } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { packetDue } from './packet-series.ts';
import { aHost, aRequest, network, Scene } from './waker.fixture.ts';
import { headStart, limits } from './waker.ts';

const state = (reply: WakeReply): WakeState => {
  if ('error' in reply) throw new Error(reply.message);
  return reply;
};
const port = (number: number) => ({ port: { protocol: 'tcp', port: number } as const });
const at = (ms: number): string => new Date(Date.UTC(2026, 10, 23, 12) + ms).toISOString();

/** Asks, lets the time pass, and gives the answer. */
async function answer(scene: Scene, asked: Promise<WakeReply>, ms: number): Promise<WakeState> {
  await scene.clock.pass(ms);
  return state(await asked);
}

/** A wake has begun, for `port` 25565. */
async function waking(scene: Scene): Promise<void> {
  await answer(scene, scene.waker.ask(aRequest({ patience: headStart + 1 })), headStart + 1);
}

describe('a device that is up already', () => {
  it('costs one probe: no magic packet, no event', async () => {
    const scene = new Scene(aHost());
    const asked = scene.waker.ask(aRequest());
    await scene.clock.pass(3);
    scene.say({ kind: 'open' });
    expect(await asked).toEqual({
      state: 'ready',
      device: 'nas',
      started: null,
      deadline: null,
      retryAt: null,
      expected: null,
      problem: null,
    });
    await scene.clock.pass(10_000);
    expect([scene.packets, scene.events, scene.clock.pending]).toEqual([[], [], 0]);
  });

  it('is remembered to be so for a moment, so that a flood of questions costs one probe', async () => {
    const scene = new Scene(aHost());
    const asked = Array.from({ length: 100 }, () => scene.waker.ask(aRequest()));
    await scene.clock.pass(3);
    scene.say({ kind: 'open' });
    expect((await Promise.all(asked)).every((reply) => state(reply).state === 'ready')).toBe(true);
    await scene.clock.pass(1_400);
    expect(state(await scene.waker.ask(aRequest())).state).toBe('ready');
    expect(scene.probed).toBe(1);
    await scene.clock.pass(200);
    const again = scene.waker.ask(aRequest({ patience: 0 }));
    expect(state(await again).state).toBe('waking');
    expect(scene.probed).toBe(2);
  });
});

describe('a device that was ready a moment ago, for another port', () => {
  it('is not woken for one that takes a little longer to answer', async () => {
    const scene = new Scene(aHost());
    const first = scene.waker.ask(aRequest());
    await scene.clock.pass(3);
    scene.say({ kind: 'open' });
    await first;
    const second = scene.waker.ask(aRequest(port(22)));
    await scene.clock.pass(headStart + 100);
    scene.say({ kind: 'open' });
    expect(state(await second)).toMatchObject({ state: 'ready', started: null });
    expect([scene.packets, scene.events]).toEqual([[], []]);
  });

  it('is woken when that moment has passed', async () => {
    const scene = new Scene(aHost());
    const first = scene.waker.ask(aRequest());
    await scene.clock.pass(3);
    scene.say({ kind: 'open' });
    await first;
    void scene.waker.ask(aRequest({ ...port(22), patience: 0 }));
    await scene.clock.pass(2_000);
    expect(scene.of('wake_started')).toHaveLength(1);
    expect(scene.packets).not.toEqual([]);
  });
});

describe('a device that sleeps', () => {
  it('teaches nothing when it is ready sooner than a machine can be: it was up', async () => {
    const scene = new Scene(aHost());
    await waking(scene);
    await scene.clock.pass(10);
    scene.say({ kind: 'open' });
    expect(scene.entries.size).toBe(0);
  });

  it('is sent magic packets until its port answers', async () => {
    const scene = new Scene(aHost());
    await waking(scene);
    await scene.clock.pass(20_000 - 1);
    expect(scene.packets).toEqual([0, 1, 2, 4, 9, 14, 19].map((second) => headStart + 1_000 * second));
    const asked = scene.waker.ask(aRequest());
    await scene.clock.pass(0);
    scene.say({ kind: 'open' });
    expect(state(await asked)).toMatchObject({ state: 'ready', started: at(headStart), expected: 20 });
    expect(scene.events).toEqual([
      { type: 'wake_started', data: { device: 'nas', by: 'minecraft', expected: null } },
      { type: 'wake_ready', data: { device: 'nas', by: 'minecraft', seconds: 20, packets: 7 } },
    ]);
    await scene.clock.pass(60_000);
    expect([scene.packets.length, scene.probes.length, scene.clock.pending]).toEqual([7, 0, 0]);
  });

  it('is told to be waking after the patience of who asks, and goes on waking', async () => {
    const scene = new Scene(aHost());
    expect(await answer(scene, scene.waker.ask(aRequest({ patience: 5_000 })), 5_000)).toMatchObject({
      state: 'waking',
      started: at(headStart),
      deadline: at(60_000 + headStart),
      retryAt: null,
    });
    expect(await answer(scene, scene.waker.ask(aRequest({ patience: 0 })), 0)).toMatchObject({
      state: 'waking',
    });
    await scene.clock.pass(10_000);
    expect(scene.probes.length).toBe(1);
  });

  it('is woken once for all who ask, whichever port they need', async () => {
    const scene = new Scene(aHost());
    const asks = [25_565, 25_565, 22].map((each) => scene.waker.ask(aRequest(port(each))));
    await scene.clock.pass(3_000);
    const late = scene.waker.ask(aRequest(port(8_080)));
    await scene.clock.pass(0);
    expect([scene.probed, scene.packets.length, scene.of('wake_started').length]).toEqual([3, 3, 1]);
    scene.say({ kind: 'open' }, 22);
    expect(state(await (asks[2] ?? late)).state).toBe('ready');
    await scene.clock.pass(10_000);
    // It is awake: no more packets, and the others are still awaited.
    expect([scene.packets.length, scene.probes.length]).toEqual([3, 2]);
    scene.say({ kind: 'open' }, 25_565);
    scene.say({ kind: 'open' }, 8_080);
    expect(state(await scene.waker.ask(aRequest(port(8_080)))).state).toBe('ready');
    expect(state(await scene.waker.ask(aRequest())).state).toBe('ready');
    expect(scene.of('wake_ready').length).toBe(1);
    expect(scene.clock.pending).toBe(0);
  });

  it('is learned how long it takes to wake', async () => {
    const scene = new Scene(aHost());
    for (const seconds of [10, 30, 20]) {
      await waking(scene);
      await scene.clock.pass(seconds * 1_000 - 1);
      scene.say({ kind: 'open' });
      await scene.clock.pass(10_000);
    }
    expect(scene.entries.get('nas')).toEqual({ durations: [10_000, 30_000, 20_000] });
    await waking(scene);
    expect(scene.of('wake_started').at(-1)?.expected).toBe(20);
  });

  it('has magic packets for each of its MAC addresses, counted once however many ways they go', async () => {
    const scene = new Scene(aHost({ macs: ['00:11:32:aa:bb:cc', '00:11:32:aa:bb:cd'] }));
    await waking(scene);
    scene.say({ kind: 'open' });
    expect(scene.of('wake_ready')[0]?.packets).toBe(2);
  });
});

describe('a device that refuses', () => {
  it('is awaited without magic packets while it answers, and with them when it falls silent', async () => {
    const scene = new Scene(aHost());
    const asked = scene.waker.ask(aRequest({ patience: 1_000 }));
    await scene.clock.pass(3);
    scene.say({ kind: 'refused' });
    expect(await answer(scene, asked, 1_000)).toMatchObject({ state: 'waking' });
    expect(scene.packets).toEqual([]);
    await scene.clock.pass(4_000);
    expect(scene.packets).toEqual([headStart + 4_000]);
    scene.say({ kind: 'open' });
    expect(scene.of('wake_ready')[0]?.packets).toBe(1);
  });

  it('is said to be so when it fails', async () => {
    const scene = new Scene(aHost());
    await waking(scene);
    await scene.clock.pass(30_000);
    scene.say({ kind: 'refused' });
    await scene.clock.pass(30_000);
    expect(scene.of('wake_failed')).toMatchObject([
      { problem: 'it answers, but refuses tcp/25565: the service is not started, or listens elsewhere' },
    ]);
  });
});

describe('a wake that fails', () => {
  it('does so at its deadline, with the likeliest cause, and is not tried again before its gap', async () => {
    const scene = new Scene(aHost());
    await waking(scene);
    await scene.clock.pass(55_000);
    const failed = { state: 'failed', started: at(headStart), deadline: at(60_000 + headStart) };
    const reply = await answer(scene, scene.waker.ask(aRequest()), 5_000);
    expect(reply).toMatchObject({ ...failed, retryAt: at(90_000 + headStart) });
    expect(reply.problem).toMatch(/^nothing was heard of it: /);
    expect(scene.of('wake_failed')).toEqual([
      { device: 'nas', by: 'minecraft', seconds: 60, packets: 15, problem: reply.problem },
    ]);
    expect([scene.probes.length, scene.clock.pending]).toEqual([0, 0]);

    // Whatever port is asked for: one probe, no wake.
    const other = await answer(scene, scene.waker.ask(aRequest(port(22))), headStart);
    expect(other).toMatchObject({ ...failed, retryAt: at(90_000 + headStart) });
    expect(scene.packets.length).toBe(15);
    await scene.clock.pass(30_000);
    await waking(scene);
    expect(scene.packets.length).toBe(16);
  });

  it('does not keep a machine from being found that came up by itself', async () => {
    const scene = new Scene(aHost());
    await waking(scene);
    await scene.clock.pass(62_000);
    const asked = scene.waker.ask(aRequest());
    await scene.clock.pass(3);
    scene.say({ kind: 'open' });
    expect(state(await asked)).toMatchObject({ state: 'ready', started: null });
  });

  it('keeps from being tried again only the port that failed, where another was ready', async () => {
    const scene = new Scene(aHost());
    await waking(scene);
    void scene.waker.ask(aRequest(port(22)));
    await scene.clock.pass(1_000);
    scene.say({ kind: 'open' }, 22);
    await scene.clock.pass(60_000);
    expect(scene.of('wake_failed').length).toBe(1);
    expect(await answer(scene, scene.waker.ask(aRequest()), 400)).toMatchObject({ state: 'failed' });
    expect(scene.of('wake_started').length).toBe(1);
    expect(await answer(scene, scene.waker.ask(aRequest({ ...port(22), patience: 400 })), 400)).toMatchObject(
      {
        state: 'waking',
      },
    );
  });

  it('may be tried again at once where there is no gap', async () => {
    const scene = new Scene(aHost({ wake: { minGap: 0, timeout: 10 } }));
    await waking(scene);
    await scene.clock.pass(10_001);
    await waking(scene);
    expect(scene.of('wake_started').length).toBe(2);
  });
});

describe('what is wrong', () => {
  it('is told while it is waited: no way there', async () => {
    const scene = new Scene(aHost({ addresses: ['192.168.7.20'] }));
    const reply = await answer(scene, scene.waker.ask(aRequest({ patience: 400 })), 400);
    expect(reply.problem).toMatch(/^no network of this host contains 192.168.7.20: /);
  });

  it('is told while it is waited: packets that could not be sent', async () => {
    const scene = new Scene(aHost({ addresses: ['192.168.1.20'] }));
    scene.sendProblem = 'a firewall of this host drops it (EPERM)';
    const reply = await answer(scene, scene.waker.ask(aRequest({ patience: 400 })), 400);
    expect(reply.problem).toBe(
      'a magic packet to 192.168.1.255 by eth0 was not sent: a firewall of this host drops it (EPERM)',
    );
  });

  it('with the question is refused', async () => {
    const scene = new Scene(aHost(), aHost({ name: 'lost', addresses: [] }));
    const errors = async (changes: Parameters<typeof aRequest>[0]) =>
      await scene.waker.ask(aRequest(changes));
    expect(await errors({ device: 'console' })).toMatchObject({ error: 'unknown_name' });
    expect(await errors({ address: 'nas.example' })).toMatchObject({ error: 'unknown_name' });
    expect(await errors({ device: 'lost' })).toMatchObject({ error: 'unknown_name' });
    expect(scene.probed).toBe(0);
  });
});

describe('the address', () => {
  it('is the one that is asked for, else the first of the device, else that of its MAC address', async () => {
    const scene = new Scene(aHost(), aHost({ name: 'lost', addresses: [], macs: ['00:11:32:aa:bb:cd'] }));
    scene.neighbours.push({
      address: 'fe80::9',
      interface: 'eth0',
      mac: '00:11:32:aa:bb:cd',
      state: 'stale',
    });
    for (const changes of [{}, { address: 'fd00:1::20' }, { device: 'lost' }])
      await scene.waker.ask(aRequest({ ...changes, patience: 0 }));
    expect(scene.probes.map(({ target }) => target.address)).toEqual([
      '192.168.1.20',
      'fd00:1::20',
      'fe80::9%eth0',
    ]);
  });
});

describe('readiness', () => {
  it('by a named port is one for all who ask', async () => {
    const scene = new Scene(aHost({ wake: { ready: { kind: 'tcp', port: 445 } } }));
    for (const each of [22, 25_565]) await scene.waker.ask(aRequest({ ...port(each), patience: 0 }));
    expect(scene.probes.map(({ target }) => target.goal)).toEqual([{ kind: 'tcp', port: 445 }]);
  });

  it('by settling is counted from the first answer of a machine that was woken', async () => {
    const scene = new Scene(aHost({ wake: { ready: { kind: 'settle', seconds: 8 } } }));
    await waking(scene);
    scene.say({ kind: 'alive', how: 'ping' });
    const early = await answer(scene, scene.waker.ask(aRequest({ patience: 5_000 })), 5_000);
    expect(early.state).toBe('waking');
    expect(await answer(scene, scene.waker.ask(aRequest({ patience: 5_000 })), 3_000)).toMatchObject({
      state: 'ready',
      started: at(headStart),
    });
  });

  it('of a machine in mid-wake is not that of one that was up already', async () => {
    const scene = new Scene(aHost({ wake: { ready: { kind: 'asked' } } }));
    await waking(scene);
    const udp = { port: { protocol: 'udp', port: 19_132 } as const };
    const asked = scene.waker.ask(aRequest({ ...udp, patience: 1_500 }));
    await scene.clock.pass(0);
    scene.say({ kind: 'alive', how: 'ping' }, 19_132);
    expect(await answer(scene, asked, 1_500)).toMatchObject({ state: 'waking' });
    expect(await answer(scene, scene.waker.ask(aRequest(udp)), 501)).toMatchObject({ state: 'ready' });
  });

  it('by settling for no time at all ends in order', async () => {
    const scene = new Scene(aHost({ wake: { ready: { kind: 'settle', seconds: 0 } } }));
    void scene.waker.ask(aRequest());
    await scene.clock.pass(0);
    scene.say({ kind: 'neighbour', neighbour: null, card: true });
    await scene.clock.pass(headStart);
    expect(scene.events.map(({ type }) => type)).toEqual(['wake_started', 'wake_ready']);
    await scene.clock.pass(60_000);
    expect([scene.packets.length, scene.clock.pending]).toEqual([1, 0]);
  });
});

describe('a command', () => {
  const run = ['/usr/local/bin/start-vm', 'nas'];

  it('is run once in place of magic packets, told whom to wake', async () => {
    const scene = new Scene(aHost({ wake: { run } }));
    await waking(scene);
    await scene.clock.pass(30_000);
    expect(scene.packets).toEqual([]);
    expect(scene.commands.map(({ argv, facts }) => ({ argv, facts }))).toEqual([
      {
        argv: run,
        facts: {
          NFTOGGLE_DEVICE: 'nas',
          NFTOGGLE_ADDRESS: '192.168.1.20',
          NFTOGGLE_MAC: '00:11:32:aa:bb:cc',
        },
      },
    ]);
    scene.say({ kind: 'open' });
    expect(scene.of('wake_ready')).toMatchObject([{ packets: 0 }]);
    expect(scene.entries.get('nas')?.durations.length).toBe(1);
  });

  it('that fails is told, and the machine may get ready all the same', async () => {
    const scene = new Scene(aHost({ wake: { run } }));
    await waking(scene);
    scene.commands[0]?.end('start-vm ended with 3: no such domain');
    const reply = await answer(scene, scene.waker.ask(aRequest({ patience: 1 })), 1);
    expect(reply).toMatchObject({ state: 'waking', problem: 'start-vm ended with 3: no such domain' });
    scene.say({ kind: 'open' });
    expect(state(await scene.waker.ask(aRequest())).state).toBe('ready');
    expect(scene.commands.length).toBe(1);
  });

  it('is run though the machine refuses: it may be what starts the service', async () => {
    const scene = new Scene(aHost({ wake: { run } }));
    void scene.waker.ask(aRequest());
    await scene.clock.pass(3);
    scene.say({ kind: 'refused' });
    await scene.clock.pass(headStart);
    expect(scene.commands.length).toBe(1);
  });

  it('is ended at the deadline, also when the machine was ready before', async () => {
    const scene = new Scene(aHost({ wake: { run } }), aHost({ name: 'pc', wake: { run } }));
    await waking(scene);
    await waking(scene);
    scene.say({ kind: 'open' });
    await scene.clock.pass(59_000);
    expect(scene.commands[0]?.killed).toBe(false);
    await scene.clock.pass(1_000);
    expect(scene.commands[0]?.killed).toBe(true);
  });
});

describe('bounds', () => {
  it('hold for devices that are woken at once', async () => {
    const hosts = Array.from({ length: limits.wakes + 1 }, (_, i) => aHost({ name: `pc${i}` }));
    const scene = new Scene(...hosts);
    const asks = hosts.map(({ name }) => scene.waker.ask(aRequest({ device: name, patience: 400 })));
    await scene.clock.pass(400);
    const replies = (await Promise.all(asks)).map(state);
    expect(replies.filter((reply) => reply.state === 'waking').length).toBe(limits.wakes);
    expect(replies.at(-1)).toMatchObject({ state: 'failed', problem: '64 other devices are being woken' });
  });

  it('hold for targets and questions', async () => {
    const scene = new Scene(aHost());
    for (let i = 1; i <= limits.targets; i++) await scene.waker.ask(aRequest({ ...port(i), patience: 0 }));
    expect(await scene.waker.ask(aRequest({ ...port(9_999), patience: 0 }))).toMatchObject({
      error: 'too_many',
    });
    const asks = Array.from({ length: limits.asks }, () => scene.waker.ask(aRequest({ ...port(1) })));
    await scene.clock.pass(1);
    expect(await scene.waker.ask(aRequest(port(1)))).toMatchObject({ error: 'too_many' });
    await scene.clock.pass(5_000);
    expect((await Promise.all(asks)).every((reply) => 'state' in reply)).toBe(true);
    expect(state(await scene.waker.ask(aRequest({ ...port(1), patience: 0 }))).state).toBe('waking');
  });
});

describe('the end of the daemon', () => {
  it('answers who waits and leaves nothing running', async () => {
    const scene = new Scene(aHost());
    await waking(scene);
    const asked = scene.waker.ask(aRequest());
    await scene.clock.pass(1);
    scene.waker.close();
    expect(state(await asked)).toMatchObject({ state: 'failed', problem: 'wol is stopping' });
    expect([scene.probes.length, scene.clock.pending]).toEqual([0, 0]);
  });
});

describe('the schedule of magic packets', () => {
  it('is 0, 1, 2 and 4 seconds, then every 5', () => {
    expect([0, 1, 2, 3, 4, 5, 6].map(packetDue)).toEqual([0, 1_000, 2_000, 4_000, 9_000, 14_000, 19_000]);
  });
});

describe('the configured broadcast address', () => {
  it('makes a device of another network one that can be reached', async () => {
    const scene = new Scene(
      aHost({ addresses: ['192.168.7.20'], wake: { broadcast: network('192.168.7.255') } }),
    );
    const reply = await answer(scene, scene.waker.ask(aRequest({ patience: 400 })), 400);
    expect(reply.problem).toBeNull();
  });
});
