// SPDX-License-Identifier: MIT
import {
  connect,
  createLab,
  type Family,
  type Host,
  type Lab,
  labObstacles,
  startTcpEcho,
  startUdpEcho,
  udpExchange,
} from '@nftoggle/lab';
import { eventually, type Inside, startInside } from '@nftoggle/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Marks } from './marks.ts';
import type { ConntrackEvent, ConntrackFlow } from './native.ts';
import { network } from './session.fixture.ts';

type Kernel = typeof import('./native-watch.kernel.fixture.ts');
const services = `
version: 1
devices:
  server: { address: [192.168.1.20, "fd00:1::20"] }
services:
  own: { ports: [22/tcp, 22/udp], allow: [lan] }
  behind: { ports: [443/tcp, 443/udp], to: server, allow: [lan] }
  forwarded: { ports: [8000/tcp, 8000/udp], to: server, forward: true, allow: [lan] }
  published: { ports: [8080/tcp, 8080/udp], allow: [lan] }
`;
const marks = new Marks(0xfff0_0000);
const megabyte = 1024 * 1024;

describe.skipIf(labObstacles().length > 0)('ConntrackWatch, in a real kernel', () => {
  let lab: Lab;
  let inside: Inside<Kernel>;
  let kernel: Inside<Kernel>['call'];
  let gateway: Host;
  let scanner: Host;
  let server: Host;

  beforeAll(async () => {
    lab = await createLab({ only: ['gateway', 'scanner', 'server', 'container'] });
    [gateway, scanner, server] = [lab.host('gateway'), lab.host('scanner'), lab.host('server')];
    const module = new URL('./native-watch.kernel.fixture.ts', import.meta.url);
    inside = await startInside<Kernel>(gateway, module);
    kernel = inside.call;
    await startEchoes(gateway, [22]);
    await startEchoes(server, [443, 8000]);
    await startEchoes(lab.host('container'), [80]);
    await lab.publish(8080, 'tcp', 80);
    await lab.publish(8080, 'udp', 80);
    expect(await kernel.accounting()).toBeNull();
    expect(await kernel.switchEventsOn()).toBeNull();
  });
  beforeEach(async () => {
    await kernel.begin(services);
    await kernel.letIn(
      ['own', 'behind', 'forwarded', 'published'].flatMap((service) => [
        { set: `v4_${service}`, key: keyOf(scanner.ipv4), timeout: 60_000 },
        { set: `v6_${service}`, key: keyOf(scanner.ipv6), timeout: 60_000 },
      ]),
    );
  });
  afterEach(async () => {
    await kernel.stopWatching();
    await kernel.nftRun('delete table inet nftoggle');
    await kernel.removeFlows();
  });
  afterAll(async () => {
    await inside?.close();
    await lab?.close();
  });

  const startEchoes = (host: Host, port: readonly number[]) =>
    Promise.all([startTcpEcho(host, { port }), startUdpEcho(host, { port })]);

  /** Says something to a service, which answers. */
  async function speak(protocol: 'tcp' | 'udp', address: string, port: number): Promise<void> {
    if (protocol === 'udp')
      expect(await udpExchange(scanner, { address, port })).toMatchObject({ received: [0] });
    else expect(await connect(scanner, { address, port, payload: 'hi' })).toMatchObject({ connected: true });
  }

  /** Every event, once there are that many. */
  async function events(count: number): Promise<readonly ConntrackEvent[]> {
    await eventually(async () => (await kernel.events()).length >= count);
    return kernel.events();
  }
  /** A connection that is let in and told of: what happened before it would have been told before it. */
  const control = async (): Promise<ConntrackEvent | undefined> => {
    const { length } = await kernel.events();
    await speak('tcp', gateway.ipv4, 22);
    return (await events(length + 1)).at(-1);
  };

  const places = [
    { name: 'own', index: 1, port: 22, asked: 'gateway', answers: 'gateway', at: 22 },
    { name: 'behind', index: 2, port: 443, asked: 'server', answers: 'server', at: 443 },
    { name: 'forwarded', index: 3, port: 8000, asked: 'gateway', answers: 'server', at: 8000 },
    { name: 'published', index: 4, port: 8080, asked: 'gateway', answers: 'container', at: 80 },
  ] as const;
  const all = places.flatMap((place) =>
    (['tcp', 'udp'] as const).flatMap((protocol) =>
      (['ipv4', 'ipv6'] as const).map((family) => ({ ...place, protocol, family })),
    ),
  );

  it.each(all)(
    'tells of the $name service by $protocol over $family with its mark, from the first packet on',
    async ({ index, port, asked, answers, at, protocol, family }) => {
      await kernel.watchGuard();
      const address = addressTo(lab.host(asked), family);
      await speak(protocol, address, port);
      const [begun] = await events(1);
      expect(begun).toMatchObject({
        kind: 'new',
        flow: {
          protocol,
          mark: marks.opened(index),
          established: false,
          original: { source: scanner[family], destination: address, destinationPort: port },
          reply: {
            source: addressTo(lab.host(answers), family),
            sourcePort: at,
            destination: scanner[family],
          },
        },
      });
      expect(begun?.flow.traffic, 'nothing was counted by then').toBeUndefined();
      const listed = await settled(() => letIn(begun));
      await kernel.removeFlows();
      const [, gone, ...rest] = await events(2);
      expect(rest).toEqual([]);
      expect(gone).toEqual({ kind: 'destroy', flow: listed });
      expect(listed?.traffic?.original.packets).toBeGreaterThan(0);
      expect(listed?.traffic?.reply.packets).toBeGreaterThan(0);
    },
  );

  const addressTo = (host: Host, family: Family): string =>
    host.name === 'gateway' ? gateway[family] : host[family];
  /** The connection of an event, as it is listed. */
  const letIn = async (event: ConntrackEvent | undefined): Promise<ConntrackFlow | undefined> =>
    (await kernel.flows()).find(({ id }) => id === event?.flow.id);
  /** What is the same at two looks in a row: the last packets may be under way. */
  async function settled<T>(look: () => Promise<T>): Promise<T> {
    let last = await look();
    await eventually(async () => {
      const before = JSON.stringify(last);
      last = await look();
      return JSON.stringify(last) === before;
    });
    return last;
  }

  it('tells of nothing else: the kernel filters, and what others do takes no room', async () => {
    await kernel.watchMarks(marks.open, marks.open, 65_536);
    await kernel.floodWhileBusy(2_000);
    // Answers come to a guarded port here, so what goes out is marked, too, but for no service.
    await udpExchange(gateway, { address: scanner.ipv4, port: 9, sourcePort: 443, timeoutMs: 1 });
    expect(await control()).toMatchObject({ kind: 'new', flow: { mark: marks.opened(1) } });
    expect((await kernel.events()).map(({ flow }) => flow.mark)).toEqual([marks.opened(0), marks.opened(1)]);
    expect(await kernel.lost()).toBe(0);
  });

  it('tells of connections of services only, as the guard has it', async () => {
    await kernel.watchGuard();
    await udpExchange(gateway, { address: scanner.ipv4, port: 9, sourcePort: 443, timeoutMs: 1 });
    await control();
    expect((await kernel.events()).map(({ flow }) => flow.mark)).toEqual([marks.opened(1)]);
  });

  it('compares marks under the mask', async () => {
    await kernel.watchMarks(marks.opened(2), marks.mask, megabyte);
    for (const port of [22, 8000]) await speak('udp', gateway.ipv4, port);
    await speak('udp', server.ipv4, 443);
    await speak('udp', server.ipv6, 443);
    expect((await events(2)).map(({ flow }) => flow.mark)).toEqual([marks.opened(2), marks.opened(2)]);
  });

  it('tells the end of a connection that got its mark after it had begun, and not its beginning', async () => {
    await kernel.watchGuard();
    await udpExchange(gateway, { address: scanner.ipv4, port: 9, sourcePort: 30_001, timeoutMs: 1 });
    expect(await kernel.markFlow(30_001, marks.opened(3))).toBe(true);
    await kernel.removeFlows();
    expect(await events(1)).toMatchObject([{ kind: 'destroy', flow: { mark: marks.opened(3) } }]);
  });

  it('tells the end of a connection that begins while nobody listens', async () => {
    await speak('udp', gateway.ipv4, 22);
    await kernel.watchGuard();
    await kernel.removeFlows();
    expect(await events(1)).toMatchObject([{ kind: 'destroy', flow: { protocol: 'udp' } }]);
  });

  it('tells of what begins after events were switched on', async () => {
    await kernel.watchGuard();
    await gateway.setSysctl({ 'net.netfilter.nf_conntrack_events': 0 });
    await speak('udp', gateway.ipv4, 22);
    expect(await kernel.switchEventsOn()).toBeNull();
    await control();
    expect((await kernel.events()).map(({ flow }) => flow.protocol)).toEqual(['tcp']);
  });

  it('tells the end of a closed connection only when the kernel forgets it', async () => {
    await kernel.watchGuard();
    await speak('tcp', gateway.ipv4, 22);
    await eventually(async () => (await kernel.flows()).some(({ closed }) => closed));
    await gateway.setSysctl({ 'net.netfilter.nf_conntrack_tcp_timeout_close': 1 });
    await connect(scanner, { address: gateway.ipv6, port: 22, reset: true });
    // A listing makes the kernel look.
    const gone = async () => (await kernel.flows()) && (await kernel.events()).filter(isEnd);
    await eventually(async () => (await gone()).length > 0);
    expect(await gone()).toMatchObject([{ flow: { closed: true, original: { source: scanner.ipv6 } } }]);
    await gateway.setSysctl({ 'net.netfilter.nf_conntrack_tcp_timeout_close': 10 });
  });
  const isEnd = ({ kind }: ConntrackEvent): boolean => kind === 'destroy';

  it('hands over a flood in turns, in order, with nothing lost where there is room', async () => {
    await kernel.watchMarks(0, 0, 16 * megabyte);
    await kernel.floodWhileBusy(2_000);
    const ports = (await events(2_000)).map(({ flow }) => flow.original.sourcePort);
    expect(ports).toEqual(Array.from({ length: 2_000 }, (_, i) => 10_000 + i));
    expect(Math.max(...(await kernel.batches()))).toBe(512);
    expect(await kernel.lost()).toBe(0);
  });

  it('says once that events were lost, and tells all that happens after that', async () => {
    await kernel.watchAndSend(512 * 1024, 20_000);
    await kernel.floodWhileBusy(5_000);
    await eventually(async () => (await kernel.lost()) > 0);
    await control();
    const ports = (await kernel.events()).map(({ flow }) => flow.original.sourcePort);
    expect(ports.slice(-2)).toEqual([20_000, expect.any(Number)]);
    expect(ports.length, 'more than one turn').toBeGreaterThan(512);
    expect(ports.length).toBeLessThan(5_000);
    expect(await kernel.lost()).toBe(1);
  });

  it('tells at once what has happened by now, when it is told to read', async () => {
    const ports = (await kernel.readAtOnce(16 * megabyte, 2_000)).map(({ flow }) => flow.original.sourcePort);
    expect(ports).toEqual(Array.from({ length: 2_000 }, (_, i) => 10_000 + i));
    await control();
    expect(await kernel.events()).toHaveLength(2_001);
  });

  it('may be read and closed by its own handler while it is read', async () => {
    const ports = (await kernel.readWithin(16 * megabyte, 2_000)).map(({ flow }) => flow.original.sourcePort);
    expect(ports).toEqual(Array.from({ length: 2_000 }, (_, i) => 10_000 + i));
  });

  it('may be closed by its own handler, and says nothing more', async () => {
    await kernel.watchOnce(512 * 1024);
    await kernel.floodWhileBusy(5_000);
    expect((await events(1)).length).toBeLessThanOrEqual(512);
    const { length } = await kernel.events();
    await speak('tcp', gateway.ipv4, 22);
    expect([(await kernel.events()).length, await kernel.lost()]).toEqual([length, 0]);
  });
});

/** The key of an address in a session set. */
function keyOf(address: string): Uint8Array {
  const { family, base } = network(address);
  const length = family === 4 ? 4 : 16;
  return Uint8Array.from({ length }, (_, i) => Number((base >> BigInt(8 * (length - 1 - i))) & 0xffn));
}
