// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { parseConfig } from './load.ts';
import { formatNetwork } from './network.ts';
import { safeDefaultConfig } from './safe-default.ts';
import { expandSources } from './sources-expand.ts';

function allowed(text: string): readonly string[] {
  const result = parseConfig(text, { file: 'nftoggle.yml' });
  if (!result.ok) throw new TypeError(result.problems[0]?.message);
  const rules = result.config.services.get('ssh')?.allow ?? [];
  const { networks, any } = expandSources(
    result.config,
    rules.flatMap((rule) => rule.from),
  );
  expect(any).toBe(false);
  return networks.map(formatNetwork);
}

describe('safeDefaultConfig', () => {
  it('hides SSH from everybody but the LAN', () => {
    const text = safeDefaultConfig();
    expect(parseConfig(text, { file: 'nftoggle.yml' })).toMatchObject({
      ok: true,
      config: { mode: 'enforce' },
    });
    expect(allowed(text)).toEqual(
      allowed('version: 1\nservices: { ssh: { ports: [22/tcp], allow: [lan] } }'),
    );
  });

  it.each(['203.0.113.7', '2001:db8::', '2001:db8::7', '::ffff:203.0.113.7'])(
    'lets the admin at %s in again',
    (address) => {
      const expected = address.replace('::ffff:', '');
      expect(allowed(safeDefaultConfig({ adminAddress: address }))).toContain(expected);
    },
  );

  it.each(['192.168.1.5', 'fd00::5', 'fe80::1%eth0', '127.0.0.1', '::1'])(
    'adds nothing for an admin at %s',
    (address) => {
      expect(safeDefaultConfig({ adminAddress: address })).toBe(safeDefaultConfig());
    },
  );

  it('takes no text that is not an address', () => {
    expect(() => safeDefaultConfig({ adminAddress: 'x"]\nmode: watch' })).toThrow(TypeError);
  });
});
