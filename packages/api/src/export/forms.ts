// SPDX-License-Identifier: MIT
import { csvRecord } from './csv.ts';
import type { Table } from './tables.ts';

export interface Form {
  readonly contentType: string;
  readonly head: (table: Table) => string;
  /** `first`: no row was written before these. */
  readonly rows: (table: Table, rows: ReturnType<Table['page']>['rows'], first: boolean) => string;
  readonly tail: string;
}

export const forms = {
  csv: {
    contentType: 'text/csv; charset=utf-8; header=present',
    head: ({ columns }) => csvRecord(columns),
    rows: ({ cells }, rows) => rows.map((row) => csvRecord(cells(row))).join(''),
    tail: '',
  },
  json: {
    contentType: 'application/json; charset=utf-8',
    head: () => '[',
    rows: (_table, rows, first) =>
      rows.map((row, index) => `${first && index === 0 ? '' : ','}\n${JSON.stringify(row)}`).join(''),
    tail: '\n]\n',
  },
  ndjson: {
    contentType: 'application/x-ndjson; charset=utf-8',
    head: () => '',
    rows: (_table, rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
    tail: '',
  },
} as const satisfies Record<string, Form>;

export type FormName = keyof typeof forms;
