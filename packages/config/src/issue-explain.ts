// SPDX-License-Identifier: MIT
// What zod found, in words for the people who write the file.
import { toId } from '@nftoggle/contracts';
import { z } from 'zod';
import { keyFault, type ValueFault, valueFault } from './fault.ts';
import { parseAddress } from './network.ts';
import type { Fault } from './parsed.ts';
import type { Path } from './problem.ts';
import { describeValue, isBlock, valueAt } from './raw-value.ts';
import type { IssueParams } from './schema-parts.ts';
import { examplesOf, isSecret, knownKeys, misplacedKeys, schemasAt } from './schema-walk.ts';
import { suggest } from './suggest.ts';

type Issue = z.core.$ZodIssue;

/** The faults that one issue stands for. `root` and `raw` are the schema and the value of the whole file. */
export function explainIssue(issue: Issue, root: z.ZodType, raw: unknown): readonly ValueFault[] {
  const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
  const value = valueAt(raw, path);
  const found = { path, value, schemas: schemasAt(root, path) };
  if (isSecret(found.schemas)) return [valueFault(path, wrongSecret(issue, found))];
  const cut = cutSource(value);
  if (cut !== null) return [valueFault(path, cut)];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => keyFault([...path, key], unknownKey(key, found.schemas)));
    case 'invalid_key':
      return [keyFault(path, badName(String(path.at(-1))))];
    case 'invalid_union':
      return explainUnion(issue, found, root, raw);
    case 'invalid_type':
      return [value === undefined ? missing(found) : valueFault(path, wrongType(issue.expected, found))];
    case 'invalid_value':
      return [
        value === undefined ? missing(found) : valueFault(path, wrongChoice(issue.values.map(String), value)),
      ];
    case 'invalid_format':
      return [valueFault(path, badName(String(value)))];
    case 'too_small':
    case 'too_big':
      return [valueFault(path, outOfRange(issue, found))];
    case 'custom':
      return [valueFault(path, { message: issue.message, remedy: remedyOf(issue) })];
    default:
      return [valueFault(path, { message: `${issue.message}.`, remedy: '' })];
  }
}

/** Everything else here may repeat what the author wrote. */
function wrongSecret(issue: Issue, { value, schemas }: Found): Fault {
  if (issue.code === 'custom') return { message: issue.message, remedy: remedyOf(issue) };
  const what = typeof value === 'object' ? describeValue(value) : `a ${typeof value}`;
  const message = `${capitalised(what)} is here, where text belongs.`;
  const quotable = typeof value !== 'object' && exampleOf(schemas) === null;
  return { message, remedy: quotable ? 'Put it in quotes.' : rightForm(schemas) };
}

interface Found {
  readonly path: Path;
  readonly value: unknown;
  readonly schemas: readonly z.core.$ZodType[];
}

/** Explains the choice that the author made, which is the one whose type fits. */
function explainUnion(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  found: Found,
  root: z.ZodType,
  raw: unknown,
): readonly ValueFault[] {
  if (found.value === undefined) return [missing(found)];
  const meant = issue.errors.find((errors) => !errors.some(isWrongTypeHere));
  if (meant === undefined) return [valueFault(found.path, wrongType(expectedOf(issue.errors), found))];
  return meant.flatMap((inner) =>
    explainIssue({ ...inner, path: [...found.path, ...inner.path] }, root, raw),
  );
}

function isWrongTypeHere(issue: Issue): boolean {
  return issue.code === 'invalid_type' && issue.path.length === 0;
}

function expectedOf(choices: readonly (readonly Issue[])[]): string {
  const types = choices.flatMap((errors) =>
    errors.flatMap((one) => (one.code === 'invalid_type' ? [one.expected] : [])),
  );
  return types[0] ?? 'string';
}

/** YAML reads `fd00::` without quotes as the key `fd00:` of a block, and `country: DE` as one, too. */
function cutSource(value: unknown): Fault | null {
  const [[key, inner] = [], ...others] = isBlock(value) ? Object.entries(value) : [];
  if (key === undefined || others.length > 0) return null;
  if (key === 'country' || key === 'asn') {
    return { message: `"${key}:" with a space after it reads as a key.`, remedy: `Write "${key}:${inner}".` };
  }
  if (parseAddress(`${key}:`) === null) return null;
  return { message: `"${key}:" without quotes reads as a key.`, remedy: `Put it in quotes: "${key}:".` };
}

function unknownKey(key: string, schemas: readonly z.core.$ZodType[]): Fault {
  const reason = misplacedKeys(schemas)[key];
  if (reason !== undefined) return { message: `"${key}" does not belong here.`, remedy: reason };
  const known = knownKeys(schemas);
  const near = suggest(key, known);
  const remedy = near === null ? `The keys here are ${known.join(', ')}.` : `Did you mean "${near}"?`;
  return { message: `The key ${JSON.stringify(key)} is not known.`, remedy };
}

function badName(name: string): Fault {
  const better = toId(name, 'name');
  return {
    message: `${JSON.stringify(name)} cannot be a name.`,
    remedy: `Use at most 63 lower-case letters, digits, "-" and "_", such as ${better}.`,
  };
}

function missing({ path, schemas }: Found): ValueFault {
  const key = String(path.at(-1));
  const remedy = `Add it, such as ${key}: ${exampleOf(schemas) ?? '…'}`;
  return keyFault(path, { message: 'This key is missing.', remedy });
}

function exampleOf(schemas: readonly z.core.$ZodType[]): string | null {
  const example = schemas.flatMap(examplesOf)[0];
  if (example === undefined) return null;
  return asYaml(example);
}

/** In the flow style, which fits in a line. */
function asYaml(value: unknown): string {
  if (isBlock(value)) {
    const entries = Object.entries(value).map(([key, inner]) => `${key}: ${asYaml(inner)}`);
    return `{ ${entries.join(', ')} }`;
  }
  if (Array.isArray(value)) return `[${value.map(asYaml).join(', ')}]`;
  const readsAsNumber = typeof value === 'string' && /^\d+$/.test(value);
  return readsAsNumber ? JSON.stringify(value) : String(value);
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  array: 'a list',
  object: 'a block of keys',
  record: 'a block of names',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

function wrongType(expected: string, { value, schemas }: Found): Fault {
  const message = `${capitalised(describeValue(value))} is here, where ${typeNames[expected] ?? expected} belongs.`;
  const isScalar = ['string', 'number', 'boolean'].includes(typeof value);
  if (expected === 'array' && isScalar) return { message, remedy: asList(String(value), schemas) };
  if (expected === 'boolean') return { message, remedy: trueOrFalse(schemas) };
  if (expected === 'string' && isScalar) return asText(String(value), message, schemas);
  return { message, remedy: rightForm(schemas) };
}

/** Words that stand side by side were meant as entries, unless quotes say otherwise. */
function asList(text: string, schemas: readonly z.core.$ZodType[]): string {
  if (/["'\\]/.test(text)) return rightForm(schemas);
  return `Write a list: [${text.trim().split(/,?\s+/).join(', ')}].`;
}

function trueOrFalse(schemas: readonly z.core.$ZodType[]): string {
  const keys = knownKeys(schemas);
  return `Write true or false${keys.length === 0 ? '' : `, or a block of keys: ${keys.join(', ')}`}.`;
}

function rightForm(schemas: readonly z.core.$ZodType[]): string {
  const example = exampleOf(schemas);
  if (example !== null) return `Write it like ${example}`;
  const keys = knownKeys(schemas);
  if (keys.length > 0) return `Its keys are ${keys.join(', ')}.`;
  return rangeOf(schemas) ?? 'Write NAME: and, under it, what belongs to the name.';
}

function rangeOf(schemas: readonly z.core.$ZodType[]): string | null {
  const number = schemas.find((schema) => schema instanceof z.ZodNumber);
  return number === undefined ? null : `Write a whole number from ${number.minValue} to ${number.maxValue}.`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A number where text belongs (`22` for a port) may be wrong as text too, and then for a better reason. */
function asText(text: string, message: string, schemas: readonly z.core.$ZodType[]): Fault {
  for (const schema of schemas) {
    const issue = z.safeParse(schema, text).error?.issues[0];
    if (issue?.code === 'custom') return { message: issue.message, remedy: remedyOf(issue) };
  }
  return { message, remedy: `Put it in quotes: "${text}".` };
}

function wrongChoice(choices: readonly string[], value: unknown): Fault {
  const near = suggest(String(value), choices);
  const what =
    value === null ? 'This key is empty.' : `${capitalised(describeValue(value))} is not possible here.`;
  const remedy =
    near === null || choices.length === 1 ? `Write ${choices.join(' or ')}.` : `Did you mean "${near}"?`;
  return { message: what, remedy };
}

function outOfRange(
  issue: Extract<Issue, { code: 'too_small' | 'too_big' }>,
  { value, schemas }: Found,
): Fault {
  if (issue.origin === 'string')
    return { message: 'The text is empty.', remedy: 'Fill it in, or remove the entry.' };
  if (issue.origin === 'array') {
    return {
      message: 'The list is empty.',
      remedy: `Write at least one entry, such as ${exampleOf(schemas) ?? '[…]'}`,
    };
  }
  const message = `${String(value)} is too ${issue.code === 'too_small' ? 'small' : 'big'}.`;
  return { message, remedy: rangeOf(schemas) ?? '' };
}

function remedyOf(issue: Extract<Issue, { code: 'custom' }>): string {
  const params: Partial<IssueParams> = issue.params ?? {};
  return params.remedy ?? '';
}
