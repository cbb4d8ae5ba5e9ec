// SPDX-License-Identifier: MIT
// What is wrong with a question, in a sentence that names the field and says what would be right.
import type { Problem } from './problem.ts';

/** As zod tells them. */
export interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[] | undefined;
}

const meanings: Readonly<Record<string, string>> = {
  source: 'an address, or the name of a device, a person or a group',
  service: 'the name of a service',
  at: 'a moment, such as "fri 20:55"',
  subject: 'the name of a person, a device or a service',
  days: 'a number of days from 1 to 31',
  who: 'the name of a person, device or group',
  until: 'a moment, such as "18:40"',
  seconds: 'a whole number of seconds',
  by: 'who asks for it, in at most 100 characters',
  why: 'a text of at most 500 characters',
  id: 'the id of a grant or of a dead letter',
  device: 'the name of a device that can be woken',
  after: 'of a wake, how many steps are known already, from 0; of a list, `next` of the page before',
  patience: 'a whole number of milliseconds, 5000 at most',
  doctor: 'true to look and wake nothing, or false',
  type: 'the type of an event, such as session_started',
  types: 'the type of an event, such as session_started',
  limit: 'a number from 1 to 500',
  person: 'the name of a person',
  step: 'minute, hour or day',
  hook: 'the name of a hook',
  format: 'csv, json or ndjson',
};

export function badRequest(issues: readonly Issue[]): Problem {
  const [issue] = issues;
  const unknown = issue?.keys?.[0];
  if (unknown !== undefined)
    return { error: 'bad_request', message: `There is no parameter ${unknown}.`, field: unknown };
  const field = issue?.path[0];
  if (field === undefined)
    return { error: 'bad_request', message: 'The body must be an object in JSON (application/json).' };
  return wrongField(String(field));
}

export function wrongField(field: string, message?: string): Problem {
  const meaning = meanings[field] ?? 'see docs/reference/subjects.md';
  return {
    error: 'bad_request',
    message: message ?? `The parameter ${field} is needed once and right: ${meaning}.`,
    field,
  };
}
