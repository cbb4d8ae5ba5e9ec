// SPDX-License-Identifier: MIT
// A configuration of a given size, and questions as they come to it: devices by MAC address, friends by network,
// strangers of both families.
import { type Loaded, parseConfig } from '@nftoggle/config';
import type { Question } from '@nftoggle/decision';

export interface HomeSize {
  readonly rules: number;
  readonly services: number;
  readonly devices: number;
}

/** A linear congruential generator (Numerical Recipes): the same questions in every run. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const list = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const hex = (value: number): string => value.toString(16).padStart(2, '0');
const macOf = (device: number): string =>
  `02:00:00:${hex(device >> 16)}:${hex((device >> 8) & 255)}:${hex(device & 255)}`;
const addressOf = (device: number): string => `10.${device >> 16}.${(device >> 8) & 255}.${device & 255}`;
const networkOf = (friend: number): string => `11.${friend >> 8}.${friend & 255}.0/24`;
const countries = ['DE', 'FR', 'BE', 'NL', 'AT', 'CH', 'PL', 'CZ'];

/** What each kind of rule looks like; they take turns. */
const ruleKinds: readonly ((index: number, size: HomeSize) => string)[] = [
  (i, { devices }) =>
    `{ from: d${(i * 7) % devices}, windows: [mon-fri 16:00-18:00, sat-sun 10:00-21:00], allowance: { daily: 2h, weekly: 10h } }`,
  (i) => `{ from: ["${networkOf(i % 60_000)}", "2001:db8:${i.toString(16)}::/48"] }`,
  (i) =>
    `{ from: any, countries: [${countries[i % countries.length]}, ${countries[(i + 3) % countries.length]}], windows: [fri 22:00-02:00] }`,
  (i, { devices }) =>
    `{ from: p${((i * 3) % devices) >> 1}, windows: [15:00-20:00], except: [2026-12-24..2027-01-06], at_end: keep }`,
  (i) =>
    `{ from: ["country:${countries[(i + 1) % countries.length]}"], expires: 2030-01-01, windows: [sat 08:00-23:00] }`,
];

export function homeOf(size: HomeSize): Loaded {
  const perService = Math.ceil(size.rules / size.services);
  const text = [
    'version: 1\ntimezone: Europe/Berlin\ndevices:',
    ...list(size.devices, (i) => `  d${i}: { mac: "${macOf(i)}", address: ${addressOf(i)} }`),
    'people:',
    ...list(
      Math.max(1, size.devices >> 1),
      (i) => `  p${i}: { devices: [d${2 * i}, d${2 * i + 1}], allowance: { daily: 3h } }`,
    ),
    'services:',
    ...list(size.services, (service) => {
      const rules = list(perService, (i) => {
        const index = service * perService + i;
        return `      - ${ruleKinds[index % ruleKinds.length]?.(index, size)}`;
      });
      return [`  s${service}:`, `    ports: [${1_000 + service}/tcp]`, '    allow:', ...rules].join('\n');
    }),
  ].join('\n');
  const parsed = parseConfig(`${text}\n`, { file: 'bench.yml' });
  if (!parsed.ok)
    throw new Error(
      parsed.problems
        .map(({ message, line }) => `${line}: ${message}`)
        .slice(0, 3)
        .join('; '),
    );
  return parsed;
}

/** Half of the questions come from somebody whom a rule of the service names, half from anybody. */
export function questionsFor(size: HomeSize, count: number): readonly Question[] {
  const random = randomNumbers(1);
  return list(count, () => {
    const service = random(size.services);
    const source = random(2) === 0 ? namedSource(size, service, random) : anySource(size, random);
    return { service: `s${service}`, source };
  });
}

type Random = (below: number) => number;

function namedSource(size: HomeSize, service: number, random: Random): Question['source'] {
  const perService = Math.ceil(size.rules / size.services);
  const index = service * perService + random(perService);
  if (index % ruleKinds.length === 1)
    return { address: `11.${(index % 60_000) >> 8}.${index & 255}.${random(256)}` };
  const device = (index % ruleKinds.length === 0 ? index * 7 : index * 3) % size.devices;
  return { address: addressOf(device), mac: macOf(device) };
}

function anySource({ devices }: HomeSize, random: Random): Question['source'] {
  const word = (): string => random(65_536).toString(16);
  const device = random(devices);
  const sources = [
    { address: addressOf(device), mac: macOf(device) },
    { address: `${1 + random(223)}.${random(256)}.${random(256)}.${random(256)}` },
    {
      address: `2${random(4096).toString(16).padStart(3, '0')}:${word()}:${word()}:${word()}::${word()}`,
    },
  ] as const;
  return sources[random(3)] ?? sources[0];
}
