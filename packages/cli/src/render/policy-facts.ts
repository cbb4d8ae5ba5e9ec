// SPDX-License-Identifier: MIT
// What of the world outside decisions rest on: the clock, names, countries, grants.
import type { PolicyStatus } from '@nftoggle/contracts';
import type { Paint } from '../paint.ts';

/** What keeps policy from letting in those whom it should. */
export function policyProblems({ clockProblem, ready }: PolicyStatus): string[] {
  return [
    ...(clockProblem === null
      ? []
      : [`no window is open and no allowance counts, for the clock is not trusted:\n  ${clockProblem}`]),
    ...(ready
      ? []
      : ['policy has not read grants and allowances from the bus yet: until then it goes by neither']),
  ];
}

export function policyCount({ decisions, grants }: PolicyStatus): string {
  const open =
    grants === 0 ? '' : `; ${grants === 1 ? '1 grant is' : `${grants} grants are`} open: nftoggle grants`;
  return `policy decided ${decisions.allowed} allow, ${decisions.denied} deny${open}`;
}

export function policyFacts({ names, databases }: PolicyStatus, now: Date, paint: Paint): string[] {
  const lost = names.filter(({ addresses, problem }) => addresses.length === 0 || problem !== null);
  const warning = (text: string): string => `${paint('yellow', 'warning:')} ${text}`;
  return [
    ...databaseLines('countries', databases.countries, now, warning),
    ...databaseLines('ASN', databases.asn, now, warning),
    ...lost.map((name) => warning(nameText(name))),
  ];
}

/** An address that was known once is used until there is a newer one. */
function nameText({ name, addresses, problem }: PolicyStatus['names'][number]): string {
  const why = problem === null ? '' : ` (${problem})`;
  if (addresses.length === 0) return `${name} has no address, so it lets nobody in${why}`;
  return `${name} is taken for ${addresses.join(', ')}, as it was last known${why}`;
}

type Database = PolicyStatus['databases']['countries'];

/** Older than this, in days, addresses have moved enough to be wrong about some. */
const oldDays = 180;

function databaseLines(
  what: string,
  database: Database,
  now: Date,
  warning: (text: string) => string,
): string[] {
  if (database === null) return [];
  const { file, built, problem } = database;
  const days = built === null ? 0 : Math.floor((now.getTime() - Date.parse(built)) / 86_400_000);
  const date = built === null ? 'not readable' : `of ${built.slice(0, 10)}, ${ageText(days)}`;
  const text = `${what}: ${file === 'built-in' ? 'the built-in database' : file} (${date})`;
  if (problem !== null) return [warning(`${text}: ${problem}`)];
  return [days > oldDays ? warning(`${text}: a newer one knows better`) : text];
}

function ageText(days: number): string {
  if (days < 2) return 'new';
  return days < 60 ? `${days} days old` : `${Math.floor(days / 30)} months old`;
}
