// SPDX-License-Identifier: MIT
// Whether the names in a file belong to something. Works on plain values, so that one wrong field
// elsewhere hides none of these faults.
import { notADevice } from './check-people.ts';
import { keyFault, type ValueFault, valueFault } from './fault.ts';
import type { Path } from './problem.ts';
import { sourceTextsOf } from './raw-rules.ts';
import { blockEntries, isBlock, textsOf, valueAt } from './raw-value.ts';
import { type Names, parseSource, reservedNames } from './source.ts';

/** Sections whose names may stand among sources, and what each of them is the name of. */
const kinds = { devices: 'device', groups: 'group', people: 'person' } as const;
const sections = ['devices', 'groups', 'people'] as const;

export function namesOf(raw: unknown): Names {
  const namesIn = (section: string) => new Set(blockEntries(raw, section).map(([name]) => name));
  return { devices: namesIn('devices'), groups: namesIn('groups'), people: namesIn('people') };
}

/** `lineOf` gives the line of the key at a path. */
export function checkNames(raw: unknown, lineOf: (path: Path) => number): readonly ValueFault[] {
  const names = namesOf(raw);
  return [
    ...checkReserved(names),
    ...checkShared(names, lineOf),
    ...checkSources(raw, names),
    ...checkTargets(raw, names),
  ];
}

function checkReserved(names: Names): readonly ValueFault[] {
  return sections.flatMap((section) =>
    reservedNames
      .filter((name) => names[section].has(name))
      .map((name) =>
        keyFault([section, name], {
          message: `"${name}" has a meaning of its own.`,
          remedy: 'Choose another name.',
        }),
      ),
  );
}

/** The first in the file keeps the name. */
function checkShared(names: Names, lineOf: (path: Path) => number): readonly ValueFault[] {
  const all = new Set(sections.flatMap((section) => [...names[section].keys()]));
  return [...all].flatMap((name) => {
    const holders = sections
      .filter((section) => names[section].has(name))
      .map((section) => ({ section, line: lineOf([section, name]) }))
      .sort((a, b) => a.line - b.line);
    const [first, ...others] = holders;
    if (first === undefined) return [];
    const message = `"${name}" is also the name of a ${kinds[first.section]} (line ${first.line}).`;
    return others.map(({ section }) => keyFault([section, name], { message, remedy: 'Rename one of them.' }));
  });
}

function checkSources(raw: unknown, names: Names): readonly ValueFault[] {
  const hasAsn = valueAt(raw, ['geo', 'asn']) !== undefined;
  return sourceTextsOf(raw).flatMap(([path, text]) => {
    if (text === '') return [];
    const source = parseSource(text, names);
    if (!source.ok) return [valueFault(path, source)];
    return source.value.kind === 'asn' && !hasAsn ? [valueFault(path, noAsnDatabase)] : [];
  });
}

const noAsnDatabase = {
  message: 'There is no database that knows these numbers.',
  remedy: 'Add one: geo: { asn: /etc/nftoggle/asn.mmdb }',
};

function checkTargets(raw: unknown, names: Names): readonly ValueFault[] {
  return blockEntries(raw, 'services').flatMap(([name, service]) => {
    const path = ['services', name, 'to'];
    if (!isBlock(service) || service.to === undefined) return [];
    const faults = textsOf(service.to, path).flatMap(([at, device]) => checkTarget(raw, names, at, device));
    if (service.direction !== 'out') return faults;
    const message = '"to" does not go with "direction: out".';
    return [...faults, keyFault(path, { message, remedy: 'Remove one of the two.' })];
  });
}

function checkTarget(raw: unknown, names: Names, path: Path, text: string): readonly ValueFault[] {
  if (!names.devices.has(text)) return [valueFault(path, notADevice(text, names, 'to: [nas, camera]'))];
  const device = blockEntries(raw, 'devices').find(([name]) => name === text)?.[1];
  if (isBlock(device) && device.address !== undefined) return [];
  const remedy = `Add "address:" to devices.${text}.`;
  return [valueFault(path, { message: `The device "${text}" has no address.`, remedy })];
}
