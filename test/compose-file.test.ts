// SPDX-License-Identifier: MIT
// What docker-compose.yml promises of every container, so that a new one cannot forget it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { daemonNames } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface Service {
  readonly cap_add?: readonly string[];
  readonly network_mode?: string;
  readonly networks?: readonly string[];
  readonly ports?: readonly string[];
  readonly user?: string;
  readonly uts?: string;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly [key: string]: unknown;
}

const text = readFileSync(join(import.meta.dirname, '../docker-compose.yml'), 'utf8');
const { services, networks } = parse(text, { merge: true }) as {
  services: Record<string, Service>;
  networks: Record<string, { internal?: boolean } | null>;
};
const names = Object.keys(services);
const those = (is: (service: Service) => unknown): string[] =>
  names.filter((name) => is(services[name] ?? {}));

it('has every daemon, the bus, and what prepares them', () => {
  expect(names.toSorted()).toEqual([...daemonNames, 'init', 'nats'].toSorted());
});

describe.each(names)('the container of %s', (name) => {
  const service = services[name] ?? {};

  it('may do nothing but what is named, and cannot change itself', () => {
    expect(service).toMatchObject({
      cap_drop: ['ALL'],
      read_only: true,
      security_opt: ['no-new-privileges:true'],
    });
    expect(service).not.toHaveProperty('privileged');
    expect(text).not.toContain('docker.sock');
  });

  it('has an end to its memory, its processes and its log', () => {
    expect(service).toMatchObject({
      mem_limit: expect.any(String),
      pids_limit: expect.any(Number),
      logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
    });
  });
});

it('starts all again but what is done once, and asks all of them how they are', () => {
  expect(those(({ restart }) => restart === 'always')).toEqual(names.filter((name) => name !== 'init'));
  expect(those(({ healthcheck }) => healthcheck)).toEqual(names.filter((name) => name !== 'init'));
});

it('has on the network of the host only what sees packets there, and publishes the bus on loopback alone', () => {
  expect(those(({ network_mode }) => network_mode === 'host')).toEqual(['interceptor', 'wol']);
  expect(those(({ ports }) => ports)).toEqual(['nats']);
  expect(services.nats?.ports).toEqual(['127.0.0.1:4222:4222']);
  expect(networks.bus).toEqual({ internal: true });
});

it('gives root to those who cannot do without, and names of the machine to all who say it', () => {
  expect(those(({ user }) => user === undefined)).toEqual(['init', 'interceptor', 'hooks']);
  expect(those(({ uts }) => uts === 'host')).toEqual(['policy', 'hooks', 'stats', 'api']);
});
