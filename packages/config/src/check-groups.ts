// SPDX-License-Identifier: MIT
// Groups may hold groups, but none may hold itself. Loops rather than recursion: a file can nest deeper
// than the stack.
import { type ValueFault, valueFault } from './fault.ts';
import { blockEntries, textsOf } from './raw-value.ts';

type Members = ReadonlyMap<string, readonly string[]>;

export function checkGroupCycles(raw: unknown): readonly ValueFault[] {
  const entries = blockEntries(raw, 'groups');
  const known = new Set(entries.map(([name]) => name));
  const members: Members = new Map(
    entries.map(([name, list]) => [
      name,
      textsOf(list, [])
        .map(([, text]) => text)
        .filter((text) => known.has(text)),
    ]),
  );
  return findCycles(members).map((cycle) => cycleFault(cycle, raw));
}

/** Each cycle once, as the names along it. */
export function findCycles(members: Members): readonly (readonly string[])[] {
  const left = withoutLeaves(members);
  const cycles: string[][] = [];
  const walked = new Set<string>();
  for (const start of left.keys()) {
    const way: string[] = [];
    let name: string | undefined = start;
    while (name !== undefined && !walked.has(name)) {
      walked.add(name);
      way.push(name);
      name = left.get(name)?.[0];
    }
    const closing = name === undefined ? -1 : way.indexOf(name);
    if (closing >= 0) cycles.push(way.slice(closing));
  }
  return cycles;
}

/** What stays when groups that lead nowhere are taken away again and again: each group left leads to a cycle. */
function withoutLeaves(members: Members): Members {
  const open = new Map([...members].map(([name, list]) => [name, new Set(list)]));
  const holders = new Map<string, string[]>();
  for (const [name, list] of open)
    for (const member of list) holders.set(member, [...(holders.get(member) ?? []), name]);
  const leaves = [...open.keys()].filter((name) => open.get(name)?.size === 0);
  for (let leaf = leaves.pop(); leaf !== undefined; leaf = leaves.pop()) {
    open.delete(leaf);
    for (const holder of holders.get(leaf) ?? []) {
      open.get(holder)?.delete(leaf);
      if (open.get(holder)?.size === 0) leaves.push(holder);
    }
  }
  return new Map([...open].map(([name, list]) => [name, [...list]]));
}

/** Points at the entry that leads back to the start. */
function cycleFault(cycle: readonly string[], raw: unknown): ValueFault {
  const [first = '', last = ''] = [cycle[0], cycle.at(-1)];
  const path = ['groups', last];
  const list = blockEntries(raw, 'groups').find(([name]) => name === last)?.[1];
  const entry = textsOf(list, path).find(([, text]) => text === first)?.[0] ?? path;
  const names = cycle.length > 10 ? [...cycle.slice(0, 5), '…', ...cycle.slice(-5)] : cycle;
  const way = [...names, first].join(' → ');
  return valueFault(entry, {
    message: `The group holds itself: ${way}.`,
    remedy: 'Remove one of these steps.',
  });
}
