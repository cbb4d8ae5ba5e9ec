// SPDX-License-Identifier: MIT
import { aConfig } from '@nftoggle/testkit';
import { describe, expect, it } from 'vitest';
import { Marks } from '../marks.ts';
import { goldenConfigs, goldenNames, rulesetOf } from './golden.fixture.ts';
import { formatRuleset, queueChains, renderRuleset } from './render.ts';

describe('renderRuleset', () => {
  // After a wanted change: `vitest run -u`, and read the difference. table.test.ts loads each of them.
  it.each(goldenNames)('makes the ruleset golden/%s.nft of its configuration', async (name) => {
    const { ruleset } = rulesetOf(goldenConfigs[name], 'xt_NFQUEUE');
    await expect(formatRuleset(ruleset)).toMatchFileSnapshot(`golden/${name}.nft`);
  });

  it('names the queues in rules where the kernel has a queue statement, and changes nothing else', async () => {
    const { ruleset } = rulesetOf(goldenConfigs['one-local-service'], 'nft_queue');
    await expect(formatRuleset(ruleset)).toMatchFileSnapshot('golden/one-local-service.nft_queue.nft');
    const other = rulesetOf(goldenConfigs['one-local-service'], 'xt_NFQUEUE').ruleset;
    const queueNames: readonly string[] = Object.values(queueChains);
    const rest = (chains: typeof ruleset.chains) => chains.filter(({ name }) => !queueNames.includes(name));
    expect(rest(ruleset.chains)).toEqual(rest(other.chains));
  });

  it.each(goldenNames)('never lets the kernel pass what nobody answers: %s', (name) => {
    const text = formatRuleset(rulesetOf(goldenConfigs[name], 'nft_queue').ruleset);
    expect(text).not.toMatch(/bypass|fanout/);
  });

  it.each(goldenNames)('puts the chains that are jumped to before those that do: %s', (name) => {
    const seen = new Set<string>();
    for (const chain of rulesetOf(goldenConfigs[name], 'nft_queue').ruleset.chains) {
      for (const rule of chain.rules)
        for (const [, target = ''] of rule.matchAll(/goto (\w[\w-]*)/g)) expect(seen).toContain(target);
      seen.add(chain.name);
    }
  });

  it('refuses a service without an index', () => {
    const config = aConfig(goldenConfigs['one-local-service']);
    const input = {
      config,
      indexes: new Map(),
      marks: new Marks(config.kernel.markMask),
      queue: 'nft_queue',
      inside: { interfaces: [], networks: [] },
    } as const;
    expect(() => renderRuleset(input)).toThrow(TypeError);
  });
});
