// SPDX-License-Identifier: MIT
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createLab, type Lab, labObstacles } from '@nftoggle/lab';
import { eventually, type Inside, startInside } from '@nftoggle/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Native, NativePacket } from '../native.ts';
import { aPacket } from '../packet.fixture.ts';
import { FakeQueue } from './fake-queue.ts';
import { nativeQueueUnderTest, waitingIn } from './native-queue.fixture.ts';
import { bindQueue } from './native-queue.ts';
import { describePacketQueue, foreignMark } from './packet-queue.suite.ts';

type Kernel = typeof import('../kernel.fixture.ts');
const fixture = new URL('../kernel.fixture.ts', import.meta.url);
const number = 4_300;
const floodProgram = `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True: s.sendto(b"x", ("127.0.0.1", 9000))
`;
/** A network namespace of a user namespace of its own, as a rootless container has. */
const rootless = { argvInside: (argv: readonly string[]) => ['unshare', '-Urn', '--', ...argv] };
const isRootlessPossible = spawnSync('unshare', ['-Urn', 'true']).status === 0;

describePacketQueue('FakeQueue', async () => {
  const arrived: NativePacket[] = [];
  const queue = new FakeQueue('known', {
    onPackets: (_, batch) => arrived.push(...batch),
    onTrouble: () => undefined,
  });
  const portOf = (id: number): number => 4_000 + id;
  return {
    arrive: async (ports) => {
      queue.arrive(
        ...ports.map((sourcePort) => aPacket({ id: sourcePort - 4_000, sourcePort, mark: foreignMark })),
      );
      return arrived;
    },
    accept: (id, mark) => queue.accept(id, mark),
    drop: (id) => queue.drop(id),
    expire: (milliseconds) => queue.expire(milliseconds),
    held: () => queue.held(),
    close: () => queue.close(),
    passed: async () =>
      [...queue.verdicts]
        .flatMap(([id, { verdict, mark = 0 }]) => (verdict === 'accept' ? [{ port: portOf(id), mark }] : []))
        .sort((a, b) => a.port - b.port),
    waiting: () => queue.held(),
  };
});

describe('FakeQueue', () => {
  it('measures the age of packets by the clock it is given', () => {
    let now = 0;
    const queue = new FakeQueue(
      'known',
      { onPackets: () => undefined, onTrouble: () => undefined },
      () => now,
    );
    queue.arrive(aPacket({ id: 1 }));
    now = 500;
    queue.arrive(aPacket({ id: 2 }));
    now = 1_000;
    expect(queue.expire(1_000)).toBe(1);
    expect([...queue.verdicts.keys()]).toEqual([1]);
  });
});

describe.skipIf(labObstacles().length > 0)('in a real kernel', () => {
  let lab: Lab;
  let inside: Inside<Kernel>;
  let kernel: Inside<Kernel>['call'];

  beforeAll(async () => {
    lab = await createLab({ only: ['gateway'], nat: false });
    inside = await startInside<Kernel>(lab.host('gateway'), fixture);
    kernel = inside.call;
  });
  afterAll(async () => {
    await inside?.close();
    await lab?.close();
  });

  const waiting = () => waitingIn(kernel);
  const open = async (maxLength = 64) => {
    await kernel.bind(number, maxLength);
    await kernel.queueDatagrams(number, foreignMark);
  };

  /** The kernel throws away what is held whenever a base chain goes, whosever it is. */
  const throwAwayHeld = async () => {
    await kernel.nftRun(`add table ip other
      add chain ip other base { type filter hook input priority 0; }`);
    await kernel.nftRun('delete table ip other');
    await eventually(async () => (await waiting()) === 0);
  };

  describePacketQueue(
    'NativeQueue',
    () => nativeQueueUnderTest(kernel, number),
    () => kernel.nftRun('flush ruleset'),
  );

  describe('NativeQueue', () => {
    afterEach(async () => {
      await kernel.close();
      await kernel.nftRun('flush ruleset');
    });

    it('tells of IPv6 packets as of IPv4 ones', async () => {
      await open();
      await kernel.sendDatagrams([4_001], 6);
      await kernel.sendDatagrams([4_002], 4);
      const facts = (await kernel.packets(2)).map(({ id: _, ...packet }) => packet);
      expect(facts).toMatchObject([
        { source: '::1', destination: '::1', protocol: 'udp', destinationPort: 9_000, interface: 'lo' },
        { source: '127.0.0.1', destination: '127.0.0.1', protocol: 'udp', destinationPort: 9_000 },
      ]);
    });

    it('drops what finds it full, and counts that', async () => {
      await open(4);
      await kernel.sendDatagrams(Array.from({ length: 10 }, (_, i) => 4_000 + i));
      const packets = await kernel.packets(4);
      expect(packets).toHaveLength(4);
      expect(await kernel.queues()).toMatchObject([{ number, waiting: 4, droppedFull: 6 }]);
      for (const { id } of packets) await kernel.accept(id, 0);
      expect((await kernel.passed()).map(({ port }) => port)).toEqual([4_000, 4_001, 4_002, 4_003]);
    });

    it('has room again once verdicts are given', async () => {
      await open(2);
      await kernel.sendDatagrams([4_001, 4_002]);
      for (const { id } of await kernel.packets(2)) await kernel.dropPacket(id);
      await kernel.sendDatagrams([4_003]);
      const packets = await kernel.packets(3);
      expect(await kernel.accept(packets[2]?.id ?? -1, 0)).toBe(true);
    });

    it('hears that a packet it accepts is gone: the kernel threw it away when a base chain went', async () => {
      await open();
      await kernel.sendDatagrams([4_001]);
      const [packet] = await kernel.packets(1);
      await throwAwayHeld();
      await kernel.accept(packet?.id ?? -1, 0);
      await eventually(async () => (await kernel.trouble()).length === 1);
      expect(await kernel.trouble()).toEqual([{ kind: 'vanished', value: packet?.id }]);
      expect(await kernel.passed()).toEqual([]);
    });

    it('may be closed by its own handler', async () => {
      await kernel.bind(number, 64, 'packets');
      await kernel.queueDatagrams(number, foreignMark);
      await kernel.sendDatagrams([4_001]);
      const [packet] = await kernel.packets(1);
      expect(await kernel.accept(packet?.id ?? -1, 0)).toBe(false);
      expect(await waiting()).toBe(0);
    });

    it('may be closed by its handler of trouble, and then holds nothing of what came along', async () => {
      await kernel.bind(number, 64, 'trouble');
      await kernel.queueDatagrams(number, foreignMark);
      await kernel.sendDatagrams([4_001]);
      const [packet] = await kernel.packets(1);
      await throwAwayHeld();
      await kernel.acceptWithCompany(packet?.id ?? -1);
      await eventually(async () => (await kernel.trouble()).length === 1);
      expect(await kernel.held()).toBe(0);
      expect(await kernel.queues()).toEqual([]);
    });

    it('hands out every packet that waits, those too that came while it was being bound', async () => {
      await kernel.queueDatagrams(number, foreignMark);
      const flood = lab.host('gateway').start(['python3', '-c', floodProgram]);
      for (let round = 0; round < 10; round++) {
        await kernel.bind(number, 50);
        await eventually(async () => (await waiting()) === 50 && (await kernel.held()) === 50);
        await kernel.close();
      }
      await flood.stop();
    });

    it('goes on after packets, and answers to verdicts, were lost for want of room', async () => {
      await open(65_535);
      await kernel.floodWhileBusy(60_000);
      await eventually(async () => (await kernel.trouble()).some(({ kind }) => kind === 'overrun'));
      // The kernel gives nothing more before all that is there was read.
      await eventually(async () => (await kernel.held()) === (await waiting()));
      expect(await kernel.acceptAll()).toBeGreaterThan(1_000);
      await eventually(async () => {
        await kernel.sendDatagrams([4_001]);
        return (await kernel.held()) > 0;
      });
      expect(await kernel.held()).toBe(await waiting());
    });

    it('can be had again as soon as it is closed', async () => {
      await open();
      await kernel.close();
      await kernel.bind(number, 64);
      expect(await kernel.queues()).toMatchObject([{ number, waiting: 0 }]);
    });

    it('belongs to one process: a second one is told which number is taken, and how to choose another', async () => {
      await open();
      await using second = await startInside<Kernel>(lab.host('gateway'), fixture);
      await expect(second.call.bind(number, 64)).rejects.toThrow(
        /queue 4300 is taken by another program .*kernel: \{ queue: N \}/,
      );
    });

    it('is gone with its process, killed or not, and drops what waits', async () => {
      await using second = await startInside<Kernel>(lab.host('gateway'), fixture);
      await second.call.bind(number + 1, 64);
      await kernel.queueDatagrams(number + 1, foreignMark);
      await kernel.sendDatagrams([4_001]);
      await second.call.packets(1);
      expect(await waiting()).toBe(1);
      process.kill(second.pid, 'SIGKILL');
      await second.ended;
      await eventually(async () => (await kernel.queues()).length === 0);
      expect(await kernel.passed()).toEqual([]);
    });

    it('ends its process when the handler throws, and lets nothing go', async () => {
      await using second = await startInside<Kernel>(lab.host('gateway'), fixture);
      await second.call.bindThrowing(number + 1);
      await kernel.queueDatagrams(number + 1, foreignMark);
      await kernel.sendDatagrams([4_001]);
      expect((await second.ended).code).not.toBe(0);
      expect(second.output()).toContain('the handler failed');
      await eventually(async () => (await kernel.queues()).length === 0);
      expect(await kernel.passed()).toEqual([]);
    });
  });
});

describe.skipIf(!isRootlessPossible)('in a rootless container (needs user namespaces)', () => {
  it('takes the room that it gets, and says how little that is', async () => {
    const limit = Number(readFileSync('/proc/sys/net/core/rmem_max', 'utf8'));
    await using inside = await startInside<Kernel>(rootless, fixture);
    await inside.call.bind(number, 64);
    expect(await inside.call.queues()).toMatchObject([{ number }]);
    const wanted = 16 * 1024 * 1024;
    const trouble = limit < wanted ? [{ kind: 'small_buffer', value: limit }] : [];
    expect(await inside.call.trouble()).toEqual(trouble);
  });
});

describe('bindQueue', () => {
  it('takes no refusal of another step for a queue that is taken', async () => {
    const refusal = Object.assign(new Error('no'), { code: 'EPERM', step: 'enlarge the socket buffer' });
    const native = {
      PacketQueue: class {
        constructor() {
          throw refusal;
        }
      },
    } as unknown as Native;
    const handler = { onPackets: () => undefined, onTrouble: () => undefined };
    await expect(bindQueue(native, 'known', number, 64, handler)).rejects.toBe(refusal);
  });
});
