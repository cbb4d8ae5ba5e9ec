// SPDX-License-Identifier: MIT
// What tests of changing configurations have in common: a gateway, a friend, a stranger, and short ways to say
// who gets in.
import {
  connect,
  createLab,
  type HeldConnection,
  type Host,
  holdConnection,
  type Lab,
  type LabOptions,
} from '@nftoggle/lab';
import { expect } from 'vitest';

export interface Scene extends AsyncDisposable {
  readonly lab: Lab;
  readonly gateway: Host;
  readonly friend: Host;
  readonly scanner: Host;
}

export async function setScene(options: LabOptions = {}): Promise<Scene> {
  const lab = await createLab({ only: ['gateway', 'scanner', 'friend', 'laptop'], ...options });
  const [gateway, friend, scanner] = [lab.host('gateway'), lab.host('friend'), lab.host('scanner')];
  return { lab, gateway, friend, scanner, [Symbol.asyncDispose]: () => lab.close() };
}

export const service = (name: string, ports: string, allow: readonly string[]): string =>
  `  ${name}: { ports: [${ports}], allow: [${allow.map((source) => `"${source}"`).join(', ')}] }\n`;
export const yaml = (...services: readonly string[]): string => `version: 1\nservices:\n${services.join('')}`;

export const friend4 = '203.0.113.7';
export const friend6 = '2001:db8:a::7';
export const scanner4 = '203.0.113.66';
export const scanner6 = '2001:db8:a::66';
export const families = ['ipv4', 'ipv6'] as const;
/** A socket of one family takes the port for both. */
export const sourcePorts = { ipv4: 6004, ipv6: 6006 } as const;

export interface Source {
  readonly ipv4: string;
  readonly ipv6: string;
}

/** From the first addresses of `from`, or from others that it has. */
export async function expectLetIn(from: Host, to: Host, port: number, source: Source = from): Promise<void> {
  const options = { port, timeoutMs: 3_000, payload: 'hi' };
  await eachFamily(async (family) =>
    expect(await connect(from, { ...options, address: to[family], source: source[family] })).toMatchObject({
      connected: true,
      received: expect.stringContaining('hi'),
    }),
  );
}

export async function expectShutOut(
  from: Host,
  to: Host,
  port: number,
  source: Source = from,
): Promise<void> {
  await eachFamily(async (family) =>
    expect(await connect(from, { address: to[family], port, source: source[family] })).toMatchObject({
      connected: false,
      errno: 'ETIMEDOUT',
    }),
  );
}

export async function eachFamily(work: (family: 'ipv4' | 'ipv6') => Promise<void>): Promise<void> {
  await Promise.all((['ipv4', 'ipv6'] as const).map(work));
}

export async function openAndTalk(from: Host, to: Host, port: number): Promise<readonly HeldConnection[]> {
  const open = await Promise.all(
    families.map((family) => holdConnection(from, { address: to[family], port, timeoutMs: 3_000 })),
  );
  await expectAlive(open);
  return open;
}

/** A line there and back, twice: the second goes over what the first has left in conntrack. */
export async function expectAlive(connections: readonly HeldConnection[]): Promise<void> {
  for (const connection of connections) {
    for (const line of ['one\n', 'two\n']) {
      const answered = connection.waitForBytes(line.length, 3_000);
      connection.send(line);
      expect(await answered).toBe(true);
    }
    expect(connection.closed).toBeUndefined();
  }
}
