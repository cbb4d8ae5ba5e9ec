// SPDX-License-Identifier: MIT
// Whether hooks do one thing, in the way that their keys say, about things that there are.
import { notAService } from './check-people.ts';
import { keyFault, type ValueFault, valueFault } from './fault.ts';
import type { Fault } from './parsed.ts';
import type { Path } from './problem.ts';
import { blockEntries, isBlock, type RawBlock, textsOf, valueAt } from './raw-value.ts';
import { HookText } from './schema-hook.ts';
import { type Names, parseSource } from './source.ts';
import { suggest } from './suggest.ts';
import type { Source } from './types.ts';
import { parseHeaderName, parseNtfyTopic, rightUrl } from './webhook-text.ts';

export function checkHooks(raw: unknown, names: Names): readonly ValueFault[] {
  const services = new Set(blockEntries(raw, 'services').map(([name]) => name));
  return blockEntries(raw, 'hooks').flatMap(([name, hook]) => {
    const path = ['hooks', name];
    if (!isBlock(hook)) return [];
    return [
      ...checkAction(path, hook),
      ...checkHeaders([...path, 'headers'], hook),
      ...textsOf(hook.services, [...path, 'services'])
        .filter(([, service]) => !services.has(service))
        .map(([at, service]) => valueFault(at, notAService(service, services))),
      ...textsOf(hook.people, [...path, 'people'])
        .filter(([, person]) => !names.people.has(person))
        .map(([at, person]) => valueFault(at, notAPerson(person, names))),
      ...textsOf(hook.sources, [...path, 'sources']).flatMap(([at, text]) =>
        checkSource(raw, names, at, text),
      ),
    ];
  });
}

const ofWebhooks = ['format', 'secret_file', 'token_file', 'headers', 'allow_local'];
const ofPrograms = ['run_as'];

function checkAction(path: Path, hook: RawBlock): readonly ValueFault[] {
  const [posts, runs] = [hook.webhook !== undefined, hook.run !== undefined];
  if (posts && runs) {
    const message = 'A hook has one of "webhook" and "run".';
    return [keyFault([...path, 'run'], { message, remedy: 'Make a hook of its own for each.' })];
  }
  if (posts) {
    const why = 'is of programs, and this hook posts to a webhook';
    return [...misfits(path, hook, ofPrograms, why), ...checkTopic(path, hook)];
  }
  if (runs) return misfits(path, hook, ofWebhooks, 'is of webhooks, and this hook runs a program');
  // A key that is not known may be one of the two with a slip, and has a fault of its own.
  if (Object.keys(hook).some((key) => !Object.hasOwn(HookText.shape, key))) return [];
  const message = 'The hook says when, and not what is to be done.';
  const remedy = 'Add "webhook: https://ntfy.example/home" or "run: [/etc/nftoggle/hooks/log.sh]".';
  return [keyFault(path, { message, remedy })];
}

function misfits(path: Path, hook: RawBlock, keys: readonly string[], why: string): readonly ValueFault[] {
  return keys
    .filter((key) => hook[key] !== undefined)
    .map((key) => keyFault([...path, key], { message: `"${key}" ${why}.`, remedy: 'Remove it.' }));
}

function checkTopic(path: Path, { format, webhook }: RawBlock): readonly ValueFault[] {
  const url = format === 'ntfy' && typeof webhook === 'string' ? URL.parse(webhook) : null;
  if (url === null || parseNtfyTopic(url) !== null) return [];
  const message = 'The URL names no topic of ntfy.';
  return [valueFault([...path, 'webhook'], { message, remedy: rightUrl })];
}

function checkHeaders(path: Path, { headers, token_file }: RawBlock): readonly ValueFault[] {
  if (!isBlock(headers)) return [];
  const seen = new Set<string>();
  return Object.keys(headers).flatMap((name) => {
    const fault = headerFault(name, seen, token_file !== undefined);
    seen.add(name.toLowerCase());
    return fault === null ? [] : [keyFault([...path, name], fault)];
  });
}

function headerFault(name: string, seen: ReadonlySet<string>, hasToken: boolean): Fault | null {
  const parsed = parseHeaderName(name);
  if (!parsed.ok) return parsed;
  if (seen.has(name.toLowerCase())) {
    return { message: `The header ${JSON.stringify(name)} is here twice.`, remedy: 'Keep one.' };
  }
  if (!hasToken || name.toLowerCase() !== 'authorization') return null;
  return { message: `"${name}" does not go with "token_file".`, remedy: 'Remove one of the two.' };
}

function notAPerson(text: string, names: Names): Fault {
  if (names.devices.has(text) || names.groups.has(text)) {
    const kind = names.devices.has(text) ? 'device' : 'group';
    return { message: `"${text}" is a ${kind}.`, remedy: 'Write it under "sources".' };
  }
  const near = suggest(text, names.people.keys());
  const remedy = near === null ? 'Add it under "people".' : `Did you mean the person "${near}"?`;
  return { message: `There is no person ${JSON.stringify(text)}.`, remedy };
}

function checkSource(raw: unknown, names: Names, path: Path, text: string): readonly ValueFault[] {
  if (text === '') return [];
  const source = parseSource(text, names);
  if (!source.ok) return [valueFault(path, source)];
  const untold = untoldIn(raw, names, source.value);
  if (untold === null) return [];
  const what = untold.kind === 'name' ? `the DNS name "${untold.name}"` : `the provider asn:${untold.asn}`;
  const message =
    source.value.kind === 'group'
      ? `The group "${text}" holds ${what}, and no event tells whether it came from there.`
      : `No event tells whether it came from ${what}.`;
  const remedy = 'Write addresses, networks, devices, people, country:XX or lan.';
  return [valueFault(path, { message, remedy })];
}

type Untold = Extract<Source, { kind: 'name' | 'asn' }>;

/** The first DNS name or provider that a source is, or that a group holds, by way of groups or not. */
function untoldIn(raw: unknown, names: Names, source: Source): Untold | null {
  const opened = new Set<string>();
  const waiting: Source[] = [source];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next.kind === 'name' || next.kind === 'asn') return next;
    if (next.kind !== 'group' || opened.has(next.group)) continue;
    opened.add(next.group);
    for (const [, text] of textsOf(valueAt(raw, ['groups', next.group]), []).toReversed()) {
      const member = parseSource(text, names);
      if (member.ok) waiting.push(member.value);
    }
  }
  return null;
}
