// SPDX-License-Identifier: MIT
// Whether what people are said to have, and what allowances are of, is there.
import type { z } from 'zod';
import { formatDuration } from './duration.ts';
import { keyFault, type ValueFault, valueFault } from './fault.ts';
import type { Fault } from './parsed.ts';
import type { Path } from './problem.ts';
import { allowancesOf } from './raw-rules.ts';
import { blockEntries, isBlock, type RawBlock, textsOf, valueAt } from './raw-value.ts';
import { DurationText } from './schema-parts.ts';
import { DailyText, MonthlyText, WeeklyText } from './schema-time.ts';
import type { Names } from './source.ts';
import { suggest } from './suggest.ts';

export function checkPeople(raw: unknown, names: Names): readonly ValueFault[] {
  const services = new Set(blockEntries(raw, 'services').map(([name]) => name));
  return blockEntries(raw, 'people').flatMap(([name, person]) => {
    if (!isBlock(person)) return [];
    const counted = ['people', name, 'allowance', 'services'];
    return [
      ...textsOf(person.devices, ['people', name, 'devices'])
        .filter(([, device]) => !names.devices.has(device))
        .map(([path, device]) => valueFault(path, notADevice(device, names))),
      ...textsOf(valueAt(raw, counted), counted)
        .filter(([, service]) => !services.has(service))
        .map(([path, service]) => valueFault(path, notAService(service, services))),
    ];
  });
}

/** What to write where the name of a device belongs; `example` is a right line. */
export function notADevice(text: string, names: Names, example = 'devices: [console, tablet]'): Fault {
  const kind = names.groups.has(text) ? 'group' : names.people.has(text) ? 'person' : null;
  if (kind !== null) {
    return { message: `"${text}" is a ${kind}.`, remedy: `Write the names of devices: ${example}.` };
  }
  const near = suggest(text, names.devices.keys());
  const remedy = near === null ? 'Add it under "devices".' : `Did you mean the device "${near}"?`;
  return { message: `There is no device ${JSON.stringify(text)}.`, remedy };
}

export function notAService(text: string, services: ReadonlySet<string>): Fault {
  const near = suggest(text, services);
  const remedy =
    near === null ? 'Write names that are under "services".' : `Did you mean the service "${near}"?`;
  return { message: `There is no service ${JSON.stringify(text)}.`, remedy };
}

export function checkAllowances(raw: unknown): readonly ValueFault[] {
  return allowancesOf(raw).flatMap(({ path, allowance }) => [
    ...checkSizes(path, allowance),
    ...checkWarnings(path, allowance),
  ]);
}

const sizes = { daily: DailyText, weekly: WeeklyText, monthly: MonthlyText } as const;
const besideSizes = ['uncharged', 'warn_before', 'services'];

function checkSizes(path: Path, allowance: RawBlock): readonly ValueFault[] {
  // A key that is not known may be one of them with a slip, and has a fault of its own.
  if (Object.keys(allowance).some((key) => !besideSizes.includes(key))) return [];
  return [
    keyFault(path, {
      message: 'The allowance has no size.',
      remedy: 'Add at least one of daily, weekly and monthly, such as daily: 2h',
    }),
  ];
}

/**
 * More than the smallest size is never left, so such a warning is a slip: hours for minutes. Where a size is
 * none at all nothing is left to warn about, and nobody should have to rewrite the warnings for that.
 */
function checkWarnings(path: Path, allowance: RawBlock): readonly ValueFault[] {
  const smallest = Object.entries(sizes)
    .flatMap(([key, size]) => secondsOf(size, allowance[key]).map((seconds) => ({ key, seconds })))
    .reduce((least, one) => (one.seconds < least.seconds ? one : least), { key: '', seconds: Infinity });
  if (smallest.seconds === 0) return [];
  const whole = `${smallest.key} allowance of ${formatDuration(smallest.seconds)}`;
  return textsOf(allowance.warn_before, [...path, 'warn_before'])
    .filter(([, text]) => secondsOf(DurationText, text).some((seconds) => seconds > smallest.seconds))
    .map(([at, text]) =>
      valueFault(at, {
        message: `"${text}" is more than the whole ${whole}.`,
        remedy: 'Write less, or remove it.',
      }),
    );
}

function secondsOf(schema: z.ZodType<number>, value: unknown): readonly number[] {
  const parsed = schema.safeParse(value);
  return parsed.success ? [parsed.data] : [];
}
