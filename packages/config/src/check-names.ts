// SPDX-License-Identifier: MIT
// Whether the names in a file belong to something. Works on plain values, so that one wrong field
// elsewhere hides none of these faults.
import { keyFault, type ValueFault, valueFault } from './fault.ts';
import type { Path } from './problem.ts';
import { blockEntries, isBlock, textsOf } from './raw-value.ts';
import { type Names, parseSource, reservedNames } from './source.ts';
import { suggest } from './suggest.ts';

export function namesOf(raw: unknown): Names {
  const namesIn = (section: string) => new Set(blockEntries(raw, section).map(([name]) => name));
  return { devices: namesIn('devices'), groups: namesIn('groups') };
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
  return (['devices', 'groups'] as const).flatMap((section) =>
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

function checkShared(names: Names, lineOf: (path: Path) => number): readonly ValueFault[] {
  return [...names.groups]
    .filter((name) => names.devices.has(name))
    .map((name) => {
      const [device, group] = [
        ['devices', name],
        ['groups', name],
      ];
      const later = lineOf(device) > lineOf(group) ? device : group;
      const earlier = later === device ? group : device;
      return keyFault(later, {
        message: `"${name}" is also the name of a ${earlier === device ? 'device' : 'group'} (line ${lineOf(earlier)}).`,
        remedy: 'Rename one of them.',
      });
    });
}

function checkSources(raw: unknown, names: Names): readonly ValueFault[] {
  return sourceTexts(raw).flatMap(([path, text]) => {
    if (text === '') return [];
    const source = parseSource(text, names);
    return source.ok ? [] : [valueFault(path, source)];
  });
}

function sourceTexts(raw: unknown): readonly (readonly [Path, string])[] {
  const groups = blockEntries(raw, 'groups').flatMap(([name, entries]) => textsOf(entries, ['groups', name]));
  const rules = blockEntries(raw, 'services').flatMap(([name, service]) =>
    (['deny', 'allow'] as const).flatMap((list) => {
      const entries = isBlock(service) ? service[list] : undefined;
      return Array.isArray(entries)
        ? entries.flatMap((rule, i) => ruleTexts(rule, ['services', name, list, i]))
        : [];
    }),
  );
  return [...groups, ...rules];
}

function ruleTexts(rule: unknown, path: Path): readonly (readonly [Path, string])[] {
  if (isBlock(rule)) return textsOf(rule.from, [...path, 'from']);
  return typeof rule === 'string' ? [[path, rule]] : [];
}

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
  if (!names.devices.has(text)) return [valueFault(path, unknownDevice(text, names))];
  const device = blockEntries(raw, 'devices').find(([name]) => name === text)?.[1];
  if (isBlock(device) && device.address !== undefined) return [];
  const remedy = `Add "address:" to devices.${text}.`;
  return [valueFault(path, { message: `The device "${text}" has no address.`, remedy })];
}

function unknownDevice(text: string, names: Names) {
  if (names.groups.has(text)) {
    return { message: `"${text}" is a group.`, remedy: 'Write the names of devices: to: [nas, camera].' };
  }
  const near = suggest(text, names.devices);
  const remedy =
    near === null ? `Add it under "devices", with its address.` : `Did you mean the device "${near}"?`;
  return { message: `There is no device ${JSON.stringify(text)}.`, remedy };
}
