// SPDX-License-Identifier: MIT
import { connect, createLab, type Lab, labObstacles } from '@nftoggle/lab';
import { type Inside, startInside } from '@nftoggle/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { errorCode, loadNative } from './native.ts';

const native = loadNative();
const nothing = (): undefined => undefined;
const queueOptions = {
  number: 1,
  maxLength: 1,
  copyRange: 512,
  receiveBuffer: 65_536,
  onPackets: nothing,
  onTrouble: nothing,
};
const watchOptions = { value: 0, mask: 0, receiveBuffer: 65_536, onFlows: nothing, onLost: nothing };
const key = Uint8Array.of(192, 0, 2, 1);

/** Calls with an argument of the wrong type, as only a fault in our own code would make them. */
const wrongCalls: readonly (readonly [string, string, (wrong: never) => unknown])[] = [
  ...(['number', 'maxLength', 'copyRange', 'receiveBuffer', 'onPackets', 'onTrouble'] as const).map(
    (name) =>
      [
        `new PacketQueue({ ${name} })`,
        name,
        (wrong: never) => new native.PacketQueue({ ...queueOptions, [name]: wrong }),
      ] as const,
  ),
  ['new PacketQueue()', 'options', (wrong) => new native.PacketQueue(wrong)],
  [
    'new PacketLog({ group })',
    'group',
    (wrong) => new native.PacketLog({ group: wrong, onPackets: nothing }),
  ],
  [
    'new PacketLog({ onPackets })',
    'onPackets',
    (wrong) => new native.PacketLog({ group: 1, onPackets: wrong }),
  ],
  ...(['value', 'mask', 'receiveBuffer', 'onFlows', 'onLost'] as const).map(
    (name) =>
      [
        `new ConntrackWatch({ ${name} })`,
        name,
        (wrong: never) => new native.ConntrackWatch({ ...watchOptions, [name]: wrong }),
      ] as const,
  ),
  ['new RulesetWatch(prefix)', 'prefix', (wrong) => new native.RulesetWatch(wrong, nothing)],
  ['new RulesetWatch(, onChange)', 'onChange', (wrong) => new native.RulesetWatch('x', wrong)],
  ['Nftables.run', 'commands', (wrong) => new native.Nftables().run(wrong)],
  ['Nftables.check', 'commands', (wrong) => new native.Nftables().check(wrong)],
  ['Nftables.list', 'command', (wrong) => new native.Nftables().list(wrong)],
  ['NftMessages.fingerprint', 'table', (wrong) => new native.NftMessages().fingerprint(wrong)],
  ['NftMessages.listCounters', 'table', (wrong) => new native.NftMessages().listCounters(wrong)],
  ['NftMessages.takeCounters', 'table', (wrong) => new native.NftMessages().takeCounters(wrong)],
  ['replaceElements(table)', 'table', (wrong) => new native.NftMessages().replaceElements(wrong, [])],
  [
    'replaceElements(, elements)',
    'elements',
    (wrong) => new native.NftMessages().replaceElements('x', wrong),
  ],
  ['an element', 'element', (wrong) => new native.NftMessages().removeElements('x', [wrong])],
  [
    'the set of an element',
    'set',
    (wrong) => new native.NftMessages().removeElements('x', [{ set: wrong, key }]),
  ],
  [
    'the key of an element',
    'key',
    (wrong) => new native.NftMessages().removeElements('x', [{ set: 'x', key: wrong }]),
  ],
  [
    'the timeout of an element',
    'timeout',
    (wrong) => new native.NftMessages().replaceElements('x', [{ set: 'x', key, timeout: wrong }]),
  ],
  [
    'the comment of an element',
    'comment',
    (wrong) =>
      new native.NftMessages().replaceElements('x', [{ set: 'x', key, timeout: 1_000, comment: wrong }]),
  ],
  ['setQueueRule(, , queue)', 'queue', (wrong) => new native.NftMessages().setQueueRule('x', 'y', wrong)],
  ['Conntrack.list(value)', 'value', (wrong) => new native.Conntrack().list(wrong, 0)],
  ['Conntrack.remove', 'flow', (wrong) => new native.Conntrack().remove(wrong)],
  ['parseFlow', 'bytes', (wrong) => native.parseFlow(wrong)],
];

describe('the addon', () => {
  it.each(wrongCalls)('says which argument is wrong: %s', (_, name, call) => {
    for (const wrong of [undefined, null, true, Symbol('wrong')] as never[]) {
      expect(() => call(wrong)).toThrow(TypeError);
      expect(() => call(wrong)).toThrow(new RegExp(`^${name} must be `));
    }
  });

  it.each([-1, Number.NaN, 1.5, Number.POSITIVE_INFINITY, 65_536])('takes no queue number %d', (number) => {
    expect(() => new native.PacketQueue({ ...queueOptions, number })).toThrow(
      /^number must be a whole number/,
    );
  });

  it.each([0, -1, Number.NaN, 1, 999, 1_000.5, Number.POSITIVE_INFINITY])(
    'takes no timeout of %d',
    (timeout) => {
      const messages = new native.NftMessages();
      expect(() => messages.replaceElements('x', [{ set: 'x', key, timeout }])).toThrow(/^timeout must be /);
    },
  );

  it.each(['', '1.2.3', '1.2.3.4.5', 'localhost', '::g', '203.0.113.7/24'])(
    'takes "%s" for no address',
    (source) => {
      const original = { source, destination: '192.0.2.1', sourcePort: 1, destinationPort: 2 };
      expect(() => new native.Conntrack().remove({ protocol: 'tcp', original })).toThrow(/is no address/);
    },
  );

  it('gives the words of nftables, and goes on working after an error', () => {
    const nft = new native.Nftables();
    expect(() => nft.check('add nonsense')).toThrow(/syntax error/);
    expect(() => nft.check('add nonsense')).toThrow(/syntax error/);
    expect(JSON.parse(nft.list('list tables'))).toHaveProperty('nftables');
  });

  it('cannot be called without `new`, nor on another object', () => {
    const { PacketQueue, Nftables } = native as unknown as Record<string, () => void>;
    expect(() => PacketQueue?.()).toThrow(TypeError);
    expect(() => Nftables?.()).toThrow(TypeError);
    const { run } = native.Nftables.prototype;
    expect(() => run.call({} as never, '')).toThrow(TypeError);
  });
});

describe.skipIf(labObstacles().length > 0)('the table of neighbours, in a real kernel', () => {
  it('lists who answered on a link, by both families, and nobody who was only looked for', async () => {
    await using lab = await createLab({ only: ['gateway', 'laptop'] });
    const [gateway, laptop] = [lab.host('gateway'), lab.host('laptop')];
    const module = new URL('./kernel.fixture.ts', import.meta.url);
    await using inside = await startInside<typeof import('./kernel.fixture.ts')>(gateway, module);
    // Nobody listens there: that they are spoken to is enough.
    for (const address of [laptop.ipv4, laptop.ipv6, '192.168.1.99'])
      await connect(gateway, { address, port: 9, timeoutMs: 500 });
    const mac = laptop.interfaces[0]?.mac;
    const found = await inside.call.listNeighbours();
    expect(found).toContainEqual({ address: laptop.ipv4, mac, interface: 'lan' });
    expect(found).toContainEqual({ address: laptop.ipv6, mac, interface: 'lan' });
    expect(found.map(({ address }) => address)).not.toContain('192.168.1.99');
  });
});

describe.skipIf(labObstacles().length > 0)('set elements, in a real kernel', () => {
  type Kernel = typeof import('./kernel.fixture.ts');
  let lab: Lab;
  let inside: Inside<Kernel>;
  let kernel: Inside<Kernel>['call'];

  beforeAll(async () => {
    lab = await createLab({ only: ['gateway'], nat: false });
    inside = await startInside<Kernel>(lab.host('gateway'), new URL('./kernel.fixture.ts', import.meta.url));
    kernel = inside.call;
  });
  afterEach(() => kernel.nftRun('flush ruleset'));
  afterAll(async () => {
    await inside?.close();
    await lab?.close();
  });

  const setOf = (size: number) =>
    kernel.nftRun(`add table inet nftoggle
      add set inet nftoggle s { type ipv4_addr; flags timeout; size ${size}; }`);
  const element = (last: number, timeout = 60_000) => ({
    set: 's',
    key: Uint8Array.of(192, 0, 2, last),
    timeout,
  });

  it('are all there or none is: one more than the set has room for is an error', async () => {
    await setOf(2);
    const error = await kernel.put([element(1), element(2), element(3)]).catch((reason) => reason);
    expect(error.message).toMatch(/^add a session element: /);
    expect(errorCode(error)).toBe('ENFILE');
    expect(await kernel.listing()).not.toContain('192.0.2.');
    await kernel.put([element(1), element(2)]);
    expect(await kernel.listing()).toContain('192.0.2.2');
  });

  it('can be extended in a full set', async () => {
    await setOf(1);
    await kernel.put([element(1, 2_000)]);
    await kernel.put([element(1, 3_600_000)]);
    expect(await kernel.listing()).toMatch(/192\.0\.2\.1 timeout 1h/);
  });

  it('last as long as they are told, a year too', async () => {
    await setOf(4);
    await kernel.put([element(1, 365 * 24 * 3_600_000)]);
    expect(await kernel.listing()).toMatch(/timeout 365d/);
  });

  it('are an error where the set or the table is missing', async () => {
    await expect(kernel.put([element(1)])).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('may be removed twice', async () => {
    await setOf(2);
    await kernel.put([element(1)]);
    await kernel.drop([element(1), element(2)]);
    await kernel.drop([element(1)]);
    expect(await kernel.listing()).not.toContain('192.0.2.');
  });

  it('have a key of the right length or are refused', async () => {
    await setOf(2);
    await expect(kernel.put([{ ...element(1), key: Uint8Array.of(1, 2, 3) }])).rejects.toMatchObject({
      code: 'EINVAL',
    });
  });

  it('can be put dozens at a time, each with the longest comment', async () => {
    await setOf(4_096);
    const many = Array.from({ length: 64 }, (_, i) => ({ ...element(i), comment: 'x'.repeat(127) }));
    await kernel.put(many);
    expect((await kernel.listing()).split('192.0.2.')).toHaveLength(65);
  });

  it('and tables are watched on after notifications were lost for want of room', async () => {
    expect(await kernel.watchBeyondRoom()).toEqual({ lost: 1, ours: 1 });
  });

  it('that call back may be forgotten before the kernel tells them something', async () => {
    const module = new URL('./kernel.fixture.ts', import.meta.url);
    await using other = await startInside<Kernel>(lab.host('gateway'), module);
    for (let round = 0; round < 5; round++) await other.call.tellForgotten(4_700 + 2 * round);
    expect(other.output()).not.toMatch(/error/i);
  });
});
