// SPDX-License-Identifier: MIT

import type { EventRecord } from '../client/event-record.ts';
import { followEvents } from '../client/follow-events.ts';
import { pastEvents } from '../client/past-events.ts';
import { askTimezone } from '../client/timezone.ts';
import { endOfReading, interruption } from '../endings.ts';
import { type OutputFormat, printLine } from '../output.ts';
import { paintFor } from '../paint.ts';
import { resolvePaths } from '../paths.ts';
import { dateOf, dayLine, eventLine } from '../render/event-line.ts';
import { readCount } from './count-argument.ts';

export interface EventsOptions {
  readonly state?: string;
  readonly output: OutputFormat;
  readonly follow?: boolean;
  readonly type?: readonly string[];
  readonly service?: string;
  readonly since?: string;
  readonly limit?: string;
}

const fewest = 20;
const mostAtOnce = 10_000;
const withSince = 1_000;

/** What happened, oldest first; with `follow` what happens, until Ctrl-C. */
export async function showEvents(options: EventsOptions): Promise<void> {
  const { socket } = resolvePaths({ state: options.state });
  const { since: from, follow = false } = options;
  const usual = from === undefined ? fewest : withSince;
  const most = options.limit === undefined ? usual : readCount('--limit', options.limit, 0, mostAtOnce);
  const { type, service } = options;
  const filter = { ...(type === undefined ? {} : { type }), ...(service === undefined ? {} : { service }) };
  const reading = endOfReading();
  const print = options.output === 'json' ? printRaw : pagePrinter(await askTimezone(socket));
  if (!follow) {
    const { events, more } = await pastEvents(socket, filter, { from, most });
    for (const event of events) if (!reading.aborted) print(event);
    if (more && options.limit === undefined && from !== undefined) note(moreThan(most));
    if (events.length === 0 && most > 0 && options.output === 'table') note('nothing happened that is kept');
    return;
  }
  const signal = AbortSignal.any([reading, interruption()]);
  await followEvents(socket, { filter, from, most }, signal, { onEvent: print, onNote: note });
}

function moreThan(most: number): string {
  return `these are the newest ${most}; --limit shows more, and \`nftoggle stats export events\` all of them`;
}

function printRaw(event: EventRecord): void {
  printLine(process.stdout, JSON.stringify(event));
}

/** The day stands above its first event. Lines are broken on a terminal alone. */
function pagePrinter(zone: string): (event: EventRecord) => void {
  const paint = paintFor(process.stdout);
  let day = '';
  return (event) => {
    const date = dateOf(event, zone);
    if (date !== day) printLine(process.stdout, dayLine(date, zone, paint));
    day = date;
    printLine(process.stdout, eventLine(event, zone, paint, process.stdout.columns));
  };
}

/** Beside the events, so that nobody who reads those stumbles over it. */
function note(text: string): void {
  printLine(process.stderr, paintFor(process.stderr)('yellow', `nftoggle: ${text}`));
}
