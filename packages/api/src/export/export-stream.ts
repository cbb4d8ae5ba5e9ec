// SPDX-License-Identifier: MIT
import { setTimeout } from 'node:timers/promises';
import type { Refusal, RequestOf } from '@nftoggle/contracts';
import type { Backend, Question } from '../backend.ts';
import type { Form } from './forms.ts';
import type { Table } from './tables.ts';

/** A daemon that is started again is back within this: three tries, two pauses. In milliseconds. */
const tries = 3;
const pause = 1_000;

export type Filters = Readonly<Record<string, unknown>>;
type Page = ReturnType<Table['page']>;

/** The answer for one page of a table: null when nobody answers. */
export async function askPage(
  backend: Backend,
  { question, limit }: Table,
  filters: Filters,
  after: string | null,
): Promise<object | Refusal | null> {
  const paging = limit === 0 ? {} : { limit, ...(after === null ? {} : { after }) };
  return backend.ask(question, { ...filters, ...paging } as RequestOf<Question>);
}

/**
 * All the rows, a page at a time: the next one is asked for when the one before was taken, and not at all when the
 * client is gone. Ends with a throw when stats falls silent for long: the client then sees that it has not got all.
 */
export async function* exportText(
  backend: Backend,
  table: Table,
  form: Form,
  filters: Filters,
  firstPage: Page,
): AsyncGenerator<string> {
  yield form.head(table);
  let page = firstPage;
  let first = true;
  for (;;) {
    const text = form.rows(table, page.rows, first);
    first &&= page.rows.length === 0;
    if (text !== '') yield text;
    if (page.next === null) break;
    page = await nextPage(backend, table, filters, page.next);
  }
  if (form.tail !== '') yield form.tail;
}

async function nextPage(backend: Backend, table: Table, filters: Filters, after: string): Promise<Page> {
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    if (attempt > 1) await setTimeout(pause);
    const answered = await askPage(backend, table, filters, after);
    if (answered === null) continue;
    if ('error' in answered) throw new Error(`an export was refused halfway: ${answered.error}`);
    return table.page(answered);
  }
  throw new Error('stats fell silent in the middle of an export');
}
