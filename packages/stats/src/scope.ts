// SPDX-License-Identifier: MIT
import { type Config, suggest } from '@nftoggle/config';
import type { Refusal } from '@nftoggle/contracts';
import type { Names } from './names.ts';
import { all } from './schema.ts';
import type { Span } from './span.ts';

/** Whose sums, and of when. A name that nothing was ever stored of is null: there is nothing of it. */
export interface Scope {
  readonly span: Span;
  readonly service: number | null;
  readonly person: number | null;
}

interface ScopeRequest {
  readonly from: string;
  readonly to: string;
  readonly service?: string | undefined;
  readonly person?: string | undefined;
}

/** Which of a question is wrong, or what it means. */
export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Refusal };

type NamedIn = Pick<Config, 'services' | 'people' | 'devices'>;

export function readScope(request: ScopeRequest, names: Names, config: NamedIn): Read<Scope> {
  const { service, person } = request;
  const span = readSpan(request);
  if (!span.ok) return span;
  if (service !== undefined && !isKnown(service, 'service', names, config.services))
    return unknown('unknown_service', 'service', service, config.services);
  if (person !== undefined && !isKnown(person, 'person', names, config.people))
    return unknown('unknown_person', 'person', person, config.people);
  return {
    ok: true,
    value: {
      span: span.value,
      service: service === undefined ? all : (names.find('service', service) ?? null),
      person: person === undefined ? all : (names.find('person', person) ?? null),
    },
  };
}

export function readSpan({ from, to }: { readonly from: string; readonly to: string }): Read<Span> {
  const span = { from: Date.parse(from), to: Date.parse(to) };
  if (span.from < span.to) return { ok: true, value: span };
  return refuse('wrong_time', `"to" (${to}) has to be later than "from" (${from}).`);
}

/** A name of the configuration, or one of earlier that is still stored. */
function isKnown(
  name: string,
  kind: 'service' | 'person' | 'device',
  names: Names,
  configured: ReadonlyMap<string, unknown>,
): boolean {
  return configured.has(name) || names.find(kind, name) !== undefined;
}

export function isKnownDevice(name: string, names: Names, config: NamedIn): boolean {
  return isKnown(name, 'device', names, config.devices);
}

export function refuse<T>(error: Refusal['error'], message: string): Read<T> {
  return { ok: false, refusal: { error, message } };
}

function unknown<T>(
  error: Refusal['error'],
  kind: string,
  name: string,
  configured: ReadonlyMap<string, unknown>,
): Read<T> {
  const near = suggest(name, [...configured.keys()]);
  const hint = near === null ? '' : ` Did you mean "${near}"?`;
  return refuse(error, `There is no ${kind} ${JSON.stringify(name)}.${hint}`);
}
