// SPDX-License-Identifier: MIT
// Rules, and what else a file holds in several places, as plain values of which nothing is known yet.
import type { Path } from './problem.ts';
import { blockEntries, isBlock, type RawBlock, textsOf } from './raw-value.ts';

interface RawRule {
  readonly path: Path;
  readonly rule: unknown;
}

/** Every entry of every `deny` and `allow`. */
export function rulesOf(raw: unknown): readonly RawRule[] {
  return blockEntries(raw, 'services').flatMap(([name, service]) =>
    (['deny', 'allow'] as const).flatMap((list) => {
      const entries = isBlock(service) ? service[list] : undefined;
      if (!Array.isArray(entries)) return [];
      return entries.map((rule: unknown, i) => ({ path: ['services', name, list, i], rule }));
    }),
  );
}

/** Rules that are more than a source. */
export function ruleBlocksOf(raw: unknown): readonly { readonly path: Path; readonly rule: RawBlock }[] {
  return rulesOf(raw).flatMap(({ path, rule }) => (isBlock(rule) ? [{ path, rule }] : []));
}

/** The texts of all groups and rules that name a source. */
export function sourceTextsOf(raw: unknown): readonly (readonly [Path, string])[] {
  const groups = blockEntries(raw, 'groups').flatMap(([name, entries]) => textsOf(entries, ['groups', name]));
  const rules = rulesOf(raw).flatMap(({ path, rule }) =>
    isBlock(rule)
      ? textsOf(rule.from, [...path, 'from'])
      : typeof rule === 'string'
        ? textsOf(rule, path)
        : [],
  );
  return [...groups, ...rules];
}

/** The `allowance` of people and of allow rules. Those of deny rules are a fault of another kind. */
export function allowancesOf(raw: unknown): readonly { readonly path: Path; readonly allowance: RawBlock }[] {
  const people = blockEntries(raw, 'people').map(([name, person]) => ({
    path: ['people', name],
    holder: person,
  }));
  const rules = ruleBlocksOf(raw)
    .filter(({ path }) => path[2] === 'allow')
    .map(({ path, rule }) => ({ path, holder: rule }));
  return [...people, ...rules].flatMap(({ path, holder }) => {
    const allowance = isBlock(holder) ? holder.allowance : undefined;
    return isBlock(allowance) ? [{ path: [...path, 'allowance'], allowance }] : [];
  });
}
