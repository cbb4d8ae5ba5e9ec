// SPDX-License-Identifier: MIT
import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { formatBoot } from './boot.ts';
import { bootOf, goldenConfigs, goldenNames } from './golden.fixture.ts';

const shutting = goldenNames.filter((name) => bootOf(goldenConfigs[name]) !== null);
const scriptOf = (name: keyof typeof goldenConfigs): string => {
  const ruleset = bootOf(goldenConfigs[name]);
  return ruleset === null ? '' : formatBoot(ruleset);
};

describe('renderBoot', () => {
  // After a wanted change: `vitest run -u`, and read the difference.
  it.each(shutting)('makes the script golden/boot/%s.nft of its configuration', async (name) => {
    await expect(scriptOf(name)).toMatchFileSnapshot(`golden/boot/${name}.nft`);
  });

  it('is nothing where no port is guarded, or none is shut while nobody answers', () => {
    expect(goldenNames.filter((name) => !shutting.includes(name))).toEqual(['no-service', 'watch']);
    const open = 'services: { ssh: { ports: [22/tcp], fallback: allow, allow: [lan] } }';
    expect(bootOf(`version: 1\n${open}\n`)).toBe(null);
    expect(bootOf(`version: 1\n${open.replace('fallback: allow, ', '')}\n`)).not.toBe(null);
  });

  it.each(shutting)('asks nobody, and knows no session: %s', (name) => {
    const script = scriptOf(name);
    expect(script).not.toMatch(/queue|log group|@v[46]|bypass/);
    expect(script).toMatch(/hook prerouting priority -140/);
  });
});

describe('the command `nft`', () => {
  /** In a network namespace of its own. */
  const inNamespace = (script: string, input: string) =>
    spawnSync('unshare', ['--net', 'bash', '-c', script], { input, encoding: 'utf8' });

  it.each(shutting)('loads golden/boot/%s.nft, all of it', (name) => {
    const { status, stdout, stderr } = inNamespace('nft -f - && nft -s list ruleset', scriptOf(name));
    expect([status, stderr]).toEqual([0, '']);
    const chains = (text: string) => [...text.matchAll(/chain (\S+) \{/g)].map((match) => match[1]).sort();
    expect(chains(stdout)).toEqual(chains(scriptOf(name)));
  });

  it('leaves a table that is there as it is', () => {
    const living = 'nft add table inet nftoggle && nft add chain inet nftoggle gate';
    const { stdout, stderr } = inNamespace(
      `${living}; nft -f -; echo "code $?"; nft list ruleset`,
      scriptOf('one-local-service'),
    );
    expect(stderr).toContain('File exists');
    expect(stdout).toBe('code 1\ntable inet nftoggle {\n\tchain gate {\n\t}\n}\n');
  });

  it('is the one that this machine has', () => {
    expect(execFileSync('nft', ['--version'], { encoding: 'utf8' })).toMatch(/^nftables v/);
  });
});
