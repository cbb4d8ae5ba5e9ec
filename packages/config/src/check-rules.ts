// SPDX-License-Identifier: MIT
// Conditions of a rule that are right by themselves and make no sense together.
import { keyFault, type ValueFault, valueFault } from './fault.ts';
import type { Path } from './problem.ts';
import { allowancesOf, ruleBlocksOf } from './raw-rules.ts';
import { type RawBlock, textsOf } from './raw-value.ts';
import { parseWeeklyWindow, quoted } from './weekly-window.ts';

/** `lineOf` gives the line of what stands at a path. */
export function checkRules(raw: unknown, lineOf: (path: Path) => number): readonly ValueFault[] {
  const rules = ruleBlocksOf(raw);
  return [
    ...rules.flatMap(({ path, rule }) => [
      ...checkCountries(path, rule),
      ...checkWindows(path, rule),
      ...checkCommas(rule.windows, [...path, 'windows'], lineOf),
    ]),
    ...allowancesOf(raw).flatMap(({ path, allowance }) =>
      checkCommas(allowance.uncharged, [...path, 'uncharged'], lineOf),
    ),
  ];
}

function checkCountries(path: Path, rule: RawBlock): readonly ValueFault[] {
  if (rule.countries === undefined || rule.not_countries === undefined) return [];
  const message = '"not_countries" does not go with "countries".';
  return [keyFault([...path, 'not_countries'], { message, remedy: 'Remove one of the two.' })];
}

/** A rule that is never in force, or always against what its author meant, is a slip. */
function checkWindows(path: Path, rule: RawBlock): readonly ValueFault[] {
  const dated = isFilled(rule.also);
  if (Array.isArray(rule.windows) && rule.windows.length === 0 && !dated) {
    return [
      valueFault([...path, 'windows'], {
        message: 'The list is empty, so the rule would never be in force.',
        remedy: 'Write windows, such as [fri 18:00-23:30], or remove the key for a rule that always is.',
      }),
    ];
  }
  if (!dated || rule.windows !== undefined || rule.except !== undefined) return [];
  return [
    keyFault([...path, 'also'], {
      message: '"also" adds to windows, and without them the rule is always in force.',
      remedy: 'Add "windows: []" for these times alone, or the windows that it adds to.',
    }),
  ];
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : typeof value === 'string';
}

/**
 * In `[mon,wed 16:00-18:00]` YAML ends an entry at the comma, and `mon` alone would be the whole Monday. Where
 * each entry has a line of its own, it is what it looks like.
 */
function checkCommas(value: unknown, path: Path, lineOf: (path: Path) => number): readonly ValueFault[] {
  const faults: ValueFault[] = [];
  let days: (readonly [Path, string])[] = [];
  for (const [at, text] of textsOf(value, path)) {
    const first = days[0];
    if (first !== undefined && lineOf(first[0]) !== lineOf(at)) days = [];
    else if (first !== undefined && /^[a-z,-]+ \d/i.test(text))
      faults.push(cutAtComma(first, [...days.map(([, day]) => day), text]));
    days = isDaysAlone(text) ? [...days, [at, text]] : [];
  }
  return faults;
}

function isDaysAlone(text: string): boolean {
  return /^[a-z,-]+$/i.test(text) && parseWeeklyWindow(text).ok;
}

function cutAtComma([path, day]: readonly [Path, string], parts: readonly string[]): ValueFault {
  const whole = quoted(parts.join(','));
  return valueFault(path, {
    message: `The comma ends the entry here, so "${day}" would be a whole day.`,
    remedy: `Write ${whole} with its quotes, or ${quoted(`${day} 00:00-24:00`)} for the whole day.`,
  });
}
