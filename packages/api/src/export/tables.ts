// SPDX-License-Identifier: MIT
// What can be exported: by which question its rows are asked for, and what they are in CSV.
import type {
  DenialRecord,
  DenialsPage,
  EventsPage,
  SessionRecord,
  SessionsPage,
  StatsSummary,
  Who,
} from '@nftoggle/contracts';
import type { Question } from '../backend.ts';
import type { Cell } from './csv.ts';

type Row = Readonly<Record<string, unknown>>;

/** Some rows, and by what the following ones are asked for. */
interface Page {
  readonly rows: readonly Row[];
  readonly next: string | null;
}

export interface Table {
  readonly question: Question;
  /** Parameters beside `from`, `to` and `format`. */
  readonly filters: readonly string[];
  /** Rows of one answer; 0 for a question whose answer has all of them. */
  readonly limit: number;
  readonly columns: readonly string[];
  readonly cells: (row: Row) => readonly Cell[];
  readonly page: (answer: unknown) => Page;
}

const most = 500;
const whoColumns = ['device', 'person', 'country'];
const whoCells = ({ device, person, country }: Who): Cell[] => [device, person, country];

function tableOf<R extends object, A>(table: {
  readonly question: Question;
  readonly filters: readonly string[];
  readonly limit: number;
  readonly columns: readonly string[];
  readonly cells: (row: R) => readonly Cell[];
  readonly page: (answer: A) => { readonly rows: readonly R[]; readonly next: string | null };
}): Table {
  return table as unknown as Table;
}

export const tables = {
  sessions: tableOf<SessionRecord, SessionsPage>({
    question: 'statsSessions',
    filters: ['service', 'person', 'source'],
    limit: most,
    columns: [
      ...['session', 'service', 'address', 'mac', ...whoColumns, 'rule', 'since', 'ended', 'reason'],
      ...['connections', 'active_seconds', 'packets_in', 'bytes_in', 'packets_out', 'bytes_out'],
    ],
    cells: ({ session, service, address, mac, who, rule, since, ended, reason, use }) => [
      ...[session, service, address, mac, ...whoCells(who), rule, since, ended, reason],
      ...[use?.connections ?? null, use?.active ?? null],
      ...[use?.from_source?.packets ?? null, use?.from_source?.bytes ?? null],
      ...[use?.to_source?.packets ?? null, use?.to_source?.bytes ?? null],
    ],
    page: ({ sessions, next }) => ({ rows: sessions, next }),
  }),
  denials: tableOf<DenialRecord, DenialsPage>({
    question: 'statsDenials',
    filters: ['service', 'person', 'source'],
    limit: most,
    columns: [
      ...['service', 'address', 'mac', ...whoColumns, 'reason', 'rule', 'count', 'first', 'last', 'enforced'],
    ],
    cells: ({ service, address, mac, who, reason, rule, count, first, last, enforced }) => [
      ...[service, address, mac, ...whoCells(who), reason, rule, count, first, last, enforced],
    ],
    page: ({ denials, next }) => ({ rows: denials, next }),
  }),
  events: tableOf<Row, EventsPage>({
    question: 'statsEvents',
    filters: ['service'],
    limit: most,
    columns: ['id', 'time', 'type', 'source', 'subject', 'data'],
    cells: ({ id, time, type, source, subject, data }) => [
      ...[id, time, type, source, subject].map((value) => (value === undefined ? null : String(value))),
      JSON.stringify(data),
    ],
    page: ({ events, next }) => ({ rows: events, next }),
  }),
  days: tableOf<StatsSummary['days'][number], StatsSummary>({
    question: 'statsSummary',
    filters: ['service', 'person'],
    limit: 0,
    columns: [
      'day',
      'sessions',
      'active_seconds',
      'connections',
      'bytes_in',
      'bytes_out',
      'denied',
      'unasked',
    ],
    cells: ({ day, sessions, active, connections, bytes_in, bytes_out, denied, unasked }) => [
      ...[day, sessions, active, connections, bytes_in, bytes_out, denied, unasked],
    ],
    page: ({ days }) => ({ rows: days, next: null }),
  }),
} as const satisfies Record<string, Table>;

export type TableName = keyof typeof tables;
