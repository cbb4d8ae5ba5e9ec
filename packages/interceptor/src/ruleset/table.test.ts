// SPDX-License-Identifier: MIT
import {
  connect,
  createLab,
  type Lab,
  labObstacles,
  rawPackets,
  startTcpEcho,
  udpExchange,
} from '@nftoggle/lab';
import { type Inside, startInside } from '@nftoggle/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { goldenConfigs, goldenNames } from './golden.fixture.ts';
import { lastingChains } from './names.ts';

type Kernel = typeof import('../kernel.fixture.ts');
const ssh = goldenConfigs['one-local-service'];

describe.skipIf(labObstacles().length > 0)('Table, in a real kernel', () => {
  let lab: Lab;
  let inside: Inside<Kernel>;
  let kernel: Inside<Kernel>['call'];

  beforeAll(async () => {
    lab = await createLab({ only: ['gateway', 'scanner'], nat: false });
    inside = await startInside<Kernel>(lab.host('gateway'), new URL('../kernel.fixture.ts', import.meta.url));
    kernel = inside.call;
  });
  afterEach(() => kernel.nftRun('flush ruleset'));
  afterAll(async () => {
    await inside?.close();
    await lab?.close();
  });

  /** What the kernel has, chain by chain and set by set: the order of making them does not matter. */
  const contents = async (): Promise<readonly string[]> =>
    (await kernel.listing())
      .replace(/^table inet nftoggle \{\n|\n\}\n$/g, '')
      .split('\n\n')
      .sort();

  it.each(goldenNames)('loads golden/%s.nft into an empty kernel', async (name) => {
    await kernel.apply(goldenConfigs[name]);
    expect(await kernel.state()).toBe('intact');
    expect(await kernel.listing()).toContain('table inet nftoggle');
  });

  /** Base chains that stay once they are there, as they are when nothing is in them. */
  const emptied = (all: readonly string[]): string[] =>
    all
      .filter((text) => Object.values(lastingChains).some((chain) => text.includes(`chain ${chain} {`)))
      .map((text) => `${text.split('\n').slice(0, 2).join('\n')}\n\t}`);

  it.each(goldenNames)(
    'turns every other ruleset into golden/%s.nft in place, to the letter',
    async (name) => {
      await kernel.apply(goldenConfigs[name]);
      const fresh = await contents();
      for (const before of goldenNames.filter((other) => other !== name)) {
        await kernel.nftRun('flush ruleset');
        await kernel.apply(goldenConfigs[before]);
        const nameOf = (text: string): string => text.split('{')[0] ?? '';
        const left = emptied(await contents()).filter(
          (chain) => !fresh.some((other) => nameOf(other) === nameOf(chain)),
        );
        await kernel.apply(goldenConfigs[name]);
        expect(await contents(), `from ${before}`).toEqual([...fresh, ...left].sort());
        expect(await kernel.state()).toBe('intact');
      }
    },
  );

  it('takes a change of `limits: { sessions }`, and says that the sets are to be filled again', async () => {
    expect(await kernel.apply(ssh)).toBe(false);
    await kernel.put([{ set: 'v4_ssh', key: Uint8Array.of(203, 0, 113, 7), timeout: 60_000 }]);
    expect(await kernel.apply(ssh)).toBe(false);
    expect(await kernel.listing()).toContain('203.0.113.7');
    expect(await kernel.apply(`${ssh}limits: { sessions: 1000 }\n`)).toBe(true);
    expect(await kernel.listing()).toMatch(/set v4_ssh \{\s+type ipv4_addr\s+size 1000\s/);
  });

  it('keeps sessions and foreign tables over a change in place', async () => {
    await kernel.nftRun('add table ip foreign; add chain ip foreign theirs');
    await kernel.apply(ssh);
    await kernel.put([{ set: 'v4_ssh', key: Uint8Array.of(203, 0, 113, 7), timeout: 60_000 }]);
    await kernel.apply(`${ssh}  web: { ports: [80/tcp], allow: [any] }\n`);
    const listing = await kernel.listing();
    expect(listing).toContain('203.0.113.7');
    expect(listing).toContain('chain theirs');
    expect(listing).toContain('set v4_web');
  });

  it('takes away the chains and sets of a service that is gone', async () => {
    await kernel.apply(`${ssh}  web: { ports: [80/tcp], allow: [any] }\n`);
    await kernel.apply(ssh);
    expect(await kernel.listing()).not.toContain('web');
    expect(await kernel.serviceIndexes()).toEqual(new Map([['ssh', 1]]));
  });

  it('keeps packets that are held while the ruleset changes', async () => {
    const [gateway, scanner] = [lab.host('gateway'), lab.host('scanner')];
    const echo = await startTcpEcho(gateway, { port: 22 });
    await kernel.bind(4243, 64);
    await kernel.apply(ssh);
    const connecting = connect(scanner, { address: gateway.ipv4, port: 22, timeoutMs: 8000 });
    const [syn] = await kernel.packets(1);
    await kernel.apply(`${ssh}  web: { ports: [80/tcp], allow: [any] }\n`);
    // Base chains come with these, and they must not go again.
    const device = 'devices: { nas: { mac: "00:11:32:aa:bb:cc", address: 192.168.1.20, wake: true } }';
    await kernel.apply(`${ssh}  nas: { ports: [80/tcp], to: nas, forward: true, allow: [any] }\n${device}\n`);
    await kernel.apply(ssh);
    expect(await kernel.accept(syn?.id ?? 0, 0x8010_0000)).toBe(true);
    expect(await connecting).toMatchObject({ connected: true, synRetransmits: 0 });
    await kernel.close();
    await echo.stop();
  });

  it('lets nothing in while nobody listens: the gate drops by itself', async () => {
    const [gateway, scanner] = [lab.host('gateway'), lab.host('scanner')];
    const echo = await startTcpEcho(gateway, { port: [22, 23] });
    await kernel.apply(ssh);
    const guarded = connect(scanner, { address: gateway.ipv4, port: 22, timeoutMs: 1200 });
    const open = connect(scanner, { address: gateway.ipv4, port: 23, timeoutMs: 1200 });
    expect((await open).connected).toBe(true);
    expect((await guarded).connected).toBe(false);
    await echo.stop();
  });

  it('is as it was when the kernel refuses a new ruleset', async () => {
    await kernel.apply(ssh);
    const before = await contents();
    await expect(kernel.applyBroken(goldenConfigs.ranges, 'ip saddr @no_such_set drop')).rejects.toThrow(
      /no_such_set|No such file/,
    );
    expect(await contents()).toEqual(before);
    expect(await kernel.state()).toBe('intact');
  });

  it('leaves nothing behind when the kernel refuses the first ruleset', async () => {
    await expect(kernel.applyBroken(ssh, 'ip saddr @no_such_set drop')).rejects.toThrow();
    expect(await kernel.listing()).toBe('');
  });

  describe('state()', () => {
    it.each([
      ['the table is deleted', 'delete table inet nftoggle', 'table_removed'],
      ['everything is flushed', 'flush ruleset', 'table_removed'],
      ['a base chain is deleted', 'delete chain inet nftoggle ask', 'table_altered'],
      ['the gate is flushed', 'flush chain inet nftoggle gate', 'table_altered'],
      ['a rule is put before ours', 'insert rule inet nftoggle gate accept', 'table_altered'],
      ['a rule is added', 'add rule inet nftoggle gate accept', 'table_altered'],
      ['a queue chain is flushed', 'flush chain inet nftoggle queue_known', 'table_altered'],
      ['a chain is added', 'add chain inet nftoggle theirs', 'table_altered'],
      ['a counter is added', 'add counter inet nftoggle theirs', 'table_altered'],
      [
        'a counter is deleted, with the rule that counts by it',
        'flush chain inet nftoggle open_1_ssh; delete counter inet nftoggle opened_1_ssh',
        'table_altered',
      ],
      [
        'a counter is replaced by another of that name',
        'flush chain inet nftoggle open_1_ssh; delete counter inet nftoggle opened_1_ssh; add counter inet nftoggle opened_1_ssh',
        'table_altered',
      ],
      [
        'a base chain is added',
        'add chain inet nftoggle theirs { type filter hook input priority 0; policy drop; }',
        'table_altered',
      ],
      ['a chain is renamed', 'rename chain inet nftoggle queue_known queue_lost', 'table_altered'],
      ['the table is made dormant', 'add table inet nftoggle { flags dormant; }', 'table_altered'],
      ['the gate gets another policy', 'add chain inet nftoggle gate { policy drop; }', 'table_altered'],
      ['the owner panics', 'add table inet nftoggle-panic; delete table inet nftoggle', 'panic'],
    ])('sees that %s', async (_, damage, expected) => {
      await kernel.apply(ssh);
      await kernel.nftRun(damage);
      expect(await kernel.state()).toBe(expected);
      if (expected === 'panic') return expect(await kernel.isPanic()).toBe(true);
      await kernel.apply(ssh);
      expect(await kernel.state()).toBe('intact');
    });

    it.each([
      ['a session', 'add element inet nftoggle v4_ssh { 192.0.2.1 timeout 1m }'],
      ["somebody else's table", 'add table inet other'],
      ["somebody else's counter", 'add table inet other; add counter inet other theirs'],
      ['counters that are set to zero', 'reset counters table inet nftoggle'],
      ['nothing at all', 'list tables'],
    ])('is not alarmed by %s', async (_, harmless) => {
      await kernel.apply(ssh);
      await kernel.nftRun(harmless);
      expect(await kernel.state()).toBe('intact');
    });

    it('puts a table back that somebody altered, to the letter', async () => {
      await kernel.apply(ssh);
      const before = await contents();
      await kernel.nftRun('add table inet nftoggle { flags dormant; }');
      await kernel.nftRun('add chain inet nftoggle gate { policy drop; }');
      await kernel.nftRun('insert rule inet nftoggle gate accept');
      await kernel.apply(ssh);
      expect(await contents()).toEqual(before);
    });
  });

  it.each([
    { name: 'no-service', ports: [] },
    { name: 'watch', ports: [] },
    { name: 'one-local-service', ports: ['tcp 22'] },
    { name: 'shared-ports', ports: ['tcp 443', 'udp 443'] },
    {
      name: 'ranges',
      ports: ['tcp 65535', 'tcp 9295-9299', 'tcp 9300-9304', 'tcp 9305-9310', 'udp 1', 'udp 3478-3480'],
    },
  ] as const)('reads back which ports golden/$name.nft guards', async ({ name, ports }) => {
    await kernel.apply(goldenConfigs[name]);
    const guarded = (await kernel.guardedPorts()).map(({ protocol, from, to }) =>
      from === to ? `${protocol} ${from}` : `${protocol} ${from}-${to}`,
    );
    expect(guarded.sort()).toEqual(ports);
  });

  it('reads back ranges that touch each other, go to the last port, or stand beside single ports', async () => {
    await kernel.apply(`version: 1
services:
  low: { ports: [1-1023/tcp, 1/udp], allow: [lan] }
  next: { ports: [1024-2000/tcp], allow: [lan] }
  last: { ports: [60000-65535/tcp, 65534-65535/udp], allow: [lan] }
`);
    const guarded = (await kernel.guardedPorts()).map(
      ({ protocol, from, to }) => `${protocol} ${from}-${to}`,
    );
    expect(guarded.sort()).toEqual([
      'tcp 1-1023',
      'tcp 1024-2000',
      'tcp 60000-65535',
      'udp 1-1',
      'udp 65534-65535',
    ]);
  });

  it('is changed as fast with 65,536 sessions as with none', async () => {
    await kernel.apply(ssh);
    await kernel.fill('v4_ssh');
    const milliseconds = await kernel.applyTimed(`${ssh}  web: { ports: [80/tcp], allow: [any] }\n`);
    console.info(`a change with 65,536 sessions took ${milliseconds.toFixed()} ms`);
    // By libnftables' listings it was well over a second.
    expect(milliseconds).toBeLessThan(500);
  });

  describe('while others change nftables all the time', () => {
    const during = async (program: string, work: () => Promise<void>): Promise<void> => {
      const storms = [1, 2].map((n) =>
        lab.host('gateway').start(['sh', '-c', `while :; do ${program.replaceAll('N', String(n))}; done`]),
      );
      try {
        await work();
      } finally {
        for (const storm of storms) await storm.stop();
      }
    };

    it('is seen as it is', async () => {
      await kernel.apply(goldenConfigs['shared-ports']);
      await during(
        "printf 'add table ip otherN\\nadd chain ip otherN c\\n' | nft -f -; nft delete table ip otherN",
        async () => {
          for (let round = 0; round < 10; round++) expect(await kernel.states(500)).toEqual(['intact']);
          expect(await kernel.guardedPorts()).toHaveLength(2);
          await kernel.apply(ssh);
          expect(await kernel.states(500)).toEqual(['intact']);
        },
      );
    });

    it('takes a change, though it is its own chains that come and go', async () => {
      await during(
        'nft add chain inet nftoggle theirsN; nft delete chain inet nftoggle theirsN',
        async () => {
          for (let round = 0; round < 10; round++) {
            await kernel.apply(goldenConfigs['shared-ports']);
            await kernel.apply(ssh);
          }
        },
      );
      expect(await kernel.serviceIndexes()).toEqual(new Map([['ssh', 1]]));
    });
  });

  describe('counts packets by service', () => {
    const push = { set: 'v4_ssh', key: Uint8Array.of(203, 0, 113, 66), timeout: 60_000 };
    beforeEach(() => kernel.forgetFlows());
    const counts = async (service = 'ssh') => (await kernel.takeCounts()).get(service);
    /** Datagrams to a port that nobody listens at: what becomes of them is of no interest. */
    const send = (count: number, port = 22, gapMs = 0, address = lab.host('gateway').ipv4) =>
      udpExchange(lab.host('scanner'), { address, port, count, gapMs, timeoutMs: 1 });
    const both = 'version: 1\nservices:\n  ssh: { ports: [22/tcp, 22/udp], allow: [lan] }\n';

    it.each(['ipv4', 'ipv6'] as const)('that are asked about, over %s', async (family) => {
      await kernel.apply(both);
      // Nobody listens on the queue, and the kernel drops them there.
      await send(3, 22, 0, lab.host('gateway')[family]);
      expect(await counts()).toEqual({ asked: 3, entered: 0, opened: 0 });
      expect(await counts()).toEqual({ asked: 0, entered: 0, opened: 0 });
    });

    it('that come to the gate, and those that it opens for', async () => {
      await kernel.apply(both);
      await rawPackets(
        lab.host('scanner'),
        `send([IP(dst="${lab.host('gateway').ipv4}")/TCP(dport=22, flags=f) for f in ("A", "F", "")])`,
      );
      expect(await counts()).toEqual({ asked: 0, entered: 3, opened: 0 });
      await kernel.put([push]);
      await send(5);
      expect(await counts(), 'one flow').toEqual({ asked: 0, entered: 1, opened: 1 });
    });

    it('of each service by itself, and forgets those that are gone', async () => {
      await kernel.apply(`${both}  game: { ports: [9000/udp], allow: [lan] }\n`);
      await send(1);
      await send(2, 9_000);
      expect(await kernel.takeCounts()).toEqual(
        new Map([
          ['game', { asked: 2, entered: 0, opened: 0 }],
          ['ssh', { asked: 1, entered: 0, opened: 0 }],
        ]),
      );
      await kernel.apply(both);
      expect([...(await kernel.takeCounts()).keys()]).toEqual(['ssh']);
      expect(await kernel.listing()).not.toContain('game');
    });

    it('on while it changes in place, and over a restart', async () => {
      await kernel.apply(both);
      await send(2);
      await kernel.apply(`${both}  game: { ports: [9000/udp], allow: [lan] }\n`);
      await kernel.forget();
      await kernel.apply(both);
      expect(await counts()).toEqual({ asked: 2, entered: 0, opened: 0 });
    });

    it('by names of any length that a service may have', async () => {
      const name = `a-${'long-'.repeat(12)}`.slice(0, 62).concat('z');
      expect(name).toHaveLength(63);
      await kernel.apply(`version: 1\nservices:\n  ${name}: { ports: [22/udp], allow: [lan] }\n`);
      await send(1);
      expect(await counts(name)).toEqual({ asked: 1, entered: 0, opened: 0 });
      expect(await kernel.state()).toBe('intact');
    });

    it('without a loss, though they are read all the time while tables change', async () => {
      // As many as the kernel needs several messages for, between which tables may change.
      const many = Array.from(
        { length: 400 },
        (_, n) => `  s${n}: { ports: [${10_000 + n}/udp], allow: [any] }`,
      );
      await kernel.apply(`version: 1\nservices:\n${many.join('\n')}\n`);
      const gateway = lab.host('gateway');
      const storm = gateway.start([
        'sh',
        '-c',
        'while :; do nft add table ip x; nft delete table ip x; done',
      ]);
      try {
        const [taken] = await Promise.all([kernel.takeUntil('s399', 'asked', 1_000), send(1_000, 10_399, 1)]);
        expect(taken).toBe(1_000);
        expect(await counts('s399')).toMatchObject({ asked: 0 });
      } finally {
        await storm.stop();
      }
    });

    it('without touching the counters of others, and nobody can take ours away while they count', async () => {
      await kernel.apply(both);
      const others = 'table inet other { counter asked_1_ssh { packets 7 bytes 70 }; }';
      await kernel.nftRun(`${others}\n${others.replace('inet', 'ip').replace('other', 'nftoggle')}`);
      await send(1);
      expect(await counts()).toMatchObject({ asked: 1 });
      for (const table of ['inet other', 'ip nftoggle'])
        expect(await kernel.nftRun(`list counter ${table} asked_1_ssh`)).toContain('packets 7');
      await expect(kernel.nftRun('delete counter inet nftoggle asked_1_ssh')).rejects.toThrow(/busy/);
      expect(await kernel.state()).toBe('intact');
    });

    it('as fast with 65,536 sessions as with none', async () => {
      await kernel.apply(both);
      await kernel.fill('v4_ssh');
      const milliseconds = await kernel.takeTimed();
      console.info(`counts were taken in ${milliseconds.toFixed(2)} ms with 65,536 sessions`);
      expect(milliseconds).toBeLessThan(100);
    });

    it('not while it only watches, nor where there is no table', async () => {
      expect(await kernel.takeCounts()).toEqual(new Map());
      await kernel.apply(goldenConfigs.watch);
      expect(await kernel.takeCounts()).toEqual(new Map());
    });
  });

  it('finds the mark index of each service in a table that it did not make', async () => {
    await kernel.apply(goldenConfigs['shared-ports']);
    await kernel.forget();
    const indexes = { 'admin-page': 1, 'nas-page': 2, 'quic-out': 3 };
    expect(await kernel.serviceIndexes()).toEqual(new Map(Object.entries(indexes)));
  });

  it('removes all of itself, may be asked twice, and leaves the tables of others', async () => {
    await kernel.nftRun('add table ip foreign');
    await kernel.apply(goldenConfigs['shared-ports']);
    await kernel.remove();
    await kernel.remove();
    expect(await kernel.listing()).toBe('table ip foreign {\n}\n');
    expect(await kernel.exists()).toBe(false);
  });

  it('finds out how this kernel hands packets over, and leaves no trace of it', async () => {
    expect(await kernel.probeQueue()).toMatch(/^(nft_queue|xt_NFQUEUE)$/);
    expect(await kernel.listing()).toBe('');
  });
});
