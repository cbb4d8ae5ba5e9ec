// SPDX-License-Identifier: MIT
import { DenialsPage, SessionsPage, StatsSummary } from '@nftoggle/contracts';
import { askDaemon } from '../client/ask-daemon.ts';
import { type SpanOptions, spanQuery } from '../client/span-query.ts';
import { askTimezone } from '../client/timezone.ts';
import { type OutputFormat, outputWidth, printAnswer } from '../output.ts';
import { paintFor } from '../paint.ts';
import { resolvePaths } from '../paths.ts';
import { denialsTable } from '../render/denials-table.ts';
import { sessionsTable } from '../render/sessions-table.ts';
import { summaryPage } from '../render/summary-page.ts';
import { readCount } from './count-argument.ts';

export interface StatsOptions extends SpanOptions {
  readonly state?: string;
  readonly output: OutputFormat;
}

export interface StatsListOptions extends StatsOptions {
  readonly limit?: string;
}

const usualRows = 30;
const mostRows = 500;

/** Sums of a span of the past. */
export async function showStats(options: StatsOptions): Promise<void> {
  const { socket } = resolvePaths({ state: options.state });
  const path = `/v1/stats/summary?${spanQuery(options)}`;
  const summary = await askDaemon(socket, { path }, StatsSummary);
  const frame = { now: new Date(), width: outputWidth(), paint: paintFor(process.stdout) };
  printAnswer(options.output, summary, () => summaryPage(summary, frame));
}

/** Sessions, newest first. Scripts get the rows alone. */
export async function listSessions(options: StatsListOptions): Promise<void> {
  const { socket } = resolvePaths({ state: options.state });
  const path = `/v1/stats/sessions?${listQuery(options)}`;
  const [page, zone] = await Promise.all([askDaemon(socket, { path }, SessionsPage), askTimezone(socket)]);
  printAnswer(options.output, page.sessions, () => sessionsTable(page, zone, paintFor(process.stdout)));
}

/** Who was refused, newest first. Scripts get the rows alone. */
export async function listDenials(options: StatsListOptions): Promise<void> {
  const { socket } = resolvePaths({ state: options.state });
  const path = `/v1/stats/denials?${listQuery(options)}`;
  const [page, zone] = await Promise.all([askDaemon(socket, { path }, DenialsPage), askTimezone(socket)]);
  printAnswer(options.output, page.denials, () => denialsTable(page, zone, paintFor(process.stdout)));
}

function listQuery(options: StatsListOptions): URLSearchParams {
  const query = spanQuery(options);
  const { limit } = options;
  query.set('limit', String(limit === undefined ? usualRows : readCount('--limit', limit, 1, mostRows)));
  return query;
}
