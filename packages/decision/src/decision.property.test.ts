// SPDX-License-Identifier: MIT
// Small worlds, so that sources and rules meet often: few networks, nested and apart, and devices among them.
import { formatNetwork, type Network, networkBytes, overlaps, parseNetwork } from '@nftoggle/config';
import type { FlowSource } from '@nftoggle/contracts';
import { aLoaded } from '@nftoggle/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePolicy } from './compile.ts';
import { decide } from './decide.ts';
import { explain } from './explain.ts';
import { emptyWorld } from './world.ts';

const now = Date.parse('2025-01-15T12:00:00Z');
const macs = ['02:00:00:00:00:01', '02:00:00:00:00:02', '02:00:00:00:00:03'];

/** Addresses that share many leading bits, so that networks of every length tell some of them apart. */
const v6Address = fc
  .tuple(
    fc.constantFrom('2001:db8:0:1', '2001:db8:0:2', '2001:db8:1:1', 'fe80:0:0:0'),
    fc.bigInt(0n, (1n << 64n) - 1n),
  )
  .map(([head, host]) =>
    network(
      head
        .split(':')
        .map((part) => part.padStart(4, '0'))
        .join('') + hex(host),
    ),
  );
const v4Address = fc.integer({ min: 0, max: 1023 }).map((host) => parsed(`192.0.${host >> 8}.${host & 255}`));
const v6Network = fc.tuple(v6Address, fc.constantFrom(32, 47, 48, 60, 63, 64, 65, 96, 127, 128)).map(cidr);
const v4Network = fc.tuple(v4Address, fc.integer({ min: 20, max: 32 })).map(cidr);
const source = fc.oneof(
  { weight: 4, arbitrary: fc.oneof(v4Network, v6Network).map(formatNetwork) },
  { weight: 3, arbitrary: fc.constantFrom('one', 'two', 'three', 'some', 'nested', 'lan') },
  { weight: 1, arbitrary: fc.constant('any') },
);
const rules = fc.array(
  fc.array(source, { minLength: 1, maxLength: 3 }).map((from) => ({ from })),
  { maxLength: 4 },
);
const world = fc.record({
  version: fc.constant(1),
  timezone: fc.constant('Europe/Berlin'),
  kernel: fc.record({ ipv6_prefix: fc.constantFrom(32, 48, 60, 64, 80, 128) }),
  devices: fc.record({
    one: fc.record({ mac: fc.constant(macs[0]), address: v6Address.map(formatNetwork) }),
    two: fc.record({ mac: fc.constant(macs[1]) }),
    three: fc.record({ address: fc.tuple(v4Address, v6Address).map((both) => both.map(formatNetwork)) }),
  }),
  groups: fc.record({
    some: fc.array(fc.oneof(v4Network, v6Network).map(formatNetwork), { maxLength: 3 }),
    nested: fc.constant(['some', 'two']),
  }),
  services: fc.record({
    game: fc.record({ ports: fc.constant(['1/tcp']), deny: rules, allow: rules }),
  }),
});
const asker = fc
  .tuple(fc.oneof(v4Address, v6Address), fc.option(fc.constantFrom(...macs), { nil: undefined }))
  .map(([address, mac]): FlowSource => ({ address: formatNetwork(address), ...(mac && { mac }) }));

function policyOf(file: unknown) {
  return compilePolicy(aLoaded(JSON.stringify(file)));
}

describe('every policy', () => {
  it('gives every address of a prefix the answer that it gave for the prefix', () => {
    let widened = 0;
    fc.assert(
      fc.property(
        world,
        v6Address,
        fc.array(fc.bigInt(0n, (1n << 128n) - 1n), { minLength: 8 }),
        (file, at, random) => {
          const policy = policyOf(file);
          const answer = decide(
            policy,
            emptyWorld,
            { service: 'game', source: { address: formatNetwork(at) } },
            now,
          );
          if (answer.prefix === 128) return;
          widened += 1;
          const hostMask = (1n << BigInt(128 - answer.prefix)) - 1n;
          for (const bits of [0n, hostMask, ...random]) {
            const base = (at.base & ~hostMask) | (bits & hostMask);
            const address = formatNetwork({ ...at, base });
            expect(decide(policy, emptyWorld, { service: 'game', source: { address } }, now)).toEqual(answer);
          }
        },
      ),
      { numRuns: 1_000 },
    );
    expect(widened).toBeGreaterThan(100);
  });

  it('explains what it decides', () => {
    fc.assert(
      fc.property(world, asker, (file, { address }) => {
        const policy = policyOf(file);
        const decision = decide(policy, emptyWorld, { service: 'game', source: { address } }, now);
        const explanation = explain(policy, emptyWorld, { service: 'game', source: address }, now);
        expect(explanation).toMatchObject(decision);
        if ('error' in explanation) throw new Error(explanation.message);
        const passed = explanation.checks.filter((check) => check.passed);
        expect(passed.map((check) => check.rule)).toEqual(decision.rule === null ? [] : [decision.rule]);
      }),
      { numRuns: 500 },
    );
  });

  it('decides as the words say: the first rule, deny before allow, that holds the source', () => {
    fc.assert(
      fc.property(world, asker, (file, who) => {
        const { deny, allow } = file.services.game;
        const isIn = (from: string): boolean => naiveMatch(file, from, who);
        const denied = deny.findIndex((rule) => rule.from.some(isIn));
        const allowed = allow.findIndex((rule) => rule.from.some(isIn));
        const expected =
          denied >= 0
            ? `services.game.deny[${denied}]`
            : allowed >= 0
              ? `services.game.allow[${allowed}]`
              : null;
        const answer = decide(policyOf(file), emptyWorld, { service: 'game', source: who }, now);
        expect(answer.rule).toBe(expected);
        expect(answer.decision).toBe(denied < 0 && allowed >= 0 ? 'allow' : 'deny');
      }),
      { numRuns: 1_000 },
    );
  });

  it('decides alike whatever the order of rules that do not overlap', () => {
    const apart = fc.uniqueArray(v4Network, { minLength: 2, maxLength: 6, comparator: overlaps });
    fc.assert(
      fc.property(apart, fc.infiniteStream(fc.nat()), v4Address, (networks, order, at) => {
        const shuffled = networks
          .map((item) => ({ item, key: order.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ item }) => item);
        const answers = [networks, shuffled].map((list) => {
          const allow = list.map(formatNetwork);
          const services = { game: { ports: ['1/tcp'], allow } };
          const policy = policyOf({ version: 1, timezone: 'Europe/Berlin', services });
          return decide(policy, emptyWorld, { service: 'game', source: { address: formatNetwork(at) } }, now)
            .decision;
        });
        expect(answers[0]).toBe(answers[1]);
      }),
      { numRuns: 300 },
    );
  });
});

interface World {
  readonly devices: Readonly<
    Record<string, { readonly mac?: string | undefined; readonly address?: string | string[] }>
  >;
  readonly groups: Readonly<Record<string, readonly string[]>>;
}

const lan = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', 'fc00::/7', 'fe80::/10'];

/** The meaning of a source spelled out anew, bit by bit, to hold the compiled form against. */
function naiveMatch(file: World, from: string, who: FlowSource): boolean {
  if (from === 'any') return true;
  if (from === 'lan') return lan.some((text) => naiveMatch(file, text, who));
  const members = file.groups[from];
  if (members !== undefined) return members.some((member) => naiveMatch(file, member, who));
  const device = file.devices[from];
  if (device === undefined) return bitsOf(parsed(who.address)).startsWith(bitsOf(parsed(from)));
  const byAddress = [device.address ?? []].flat().some((address) => naiveMatch(file, address, who));
  return byAddress || (device.mac !== undefined && device.mac === who.mac);
}

function bitsOf(item: Network): string {
  const bits = [...networkBytes(item)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return `${item.family}:${bits.slice(0, item.prefix)}`;
}

function cidr([address, prefix]: readonly [Network, number]): Network {
  return parsed(`${formatNetwork(address)}/${prefix}`);
}

function hex(host: bigint): string {
  return host.toString(16).padStart(16, '0');
}

function network(digits: string): Network {
  return { family: 6, base: BigInt(`0x${digits}`), prefix: 128 };
}

function parsed(text: string): Network {
  const result = parseNetwork(text);
  if (result === null) throw new TypeError(text);
  return result;
}
