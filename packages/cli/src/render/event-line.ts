// SPDX-License-Identifier: MIT

import { localDate, localSecond } from '@nftoggle/config';
import { type EventType, eventData, eventTypes } from '@nftoggle/contracts';
import type { EventRecord } from '../client/event-record.ts';
import type { Format, Paint } from '../paint.ts';
import { type EventFrame, tellings } from './event-sentence.ts';
import { clockFace, dayText } from './local-time.ts';
import { printable } from './printable.ts';
import { wrap } from './wrap.ts';

const labelWidth = 'allowance'.length;
const indent = '18:40:05'.length + labelWidth + 4;
/** Narrower than this, a text beside the other columns is worse than one that the terminal breaks. */
const narrowest = 30;

/** One event: when, what kind of thing, and what happened. On a terminal of `width` columns it is broken into lines. */
export function eventLine(record: EventRecord, zone: string, paint: Paint, width = Infinity): string {
  const at = new Date(record.time);
  const { label, colour, sentence } = tell(record, { at, zone });
  const painted = colour === null ? label.padEnd(labelWidth) : paint(colour, label.padEnd(labelWidth));
  const room = width - indent < narrowest ? Infinity : width - indent;
  const [first = '', ...more] = wrap(printable(sentence), room);
  const head = `${paint('dim', timeText(at, zone))}  ${painted}  `;
  return [head + first, ...more.map((line) => ' '.repeat(indent) + line)].join('\n');
}

/** `Mon 23 Nov 2026 (Europe/Berlin)`, to stand above the events of a day. */
export function dayLine(date: string, zone: string, paint: Paint): string {
  return paint('bold', `${dayText(date)} ${date.slice(0, 4)} (${zone})`);
}

export function dateOf({ time }: EventRecord, zone: string): string {
  return localDate(zone, Date.parse(time));
}

function timeText(at: Date, zone: string): string {
  const second = Math.floor(localSecond(zone, at.getTime()));
  return `${clockFace(second)}:${String(second % 60).padStart(2, '0')}`;
}

interface Told {
  readonly label: string;
  readonly colour: Format | null;
  readonly sentence: string;
}

/** What is of another version than this command is told by its name, and not left out. */
function tell(record: EventRecord, frame: EventFrame): Told {
  const type = eventTypes.find((known) => known === record.type);
  const told = type === undefined ? undefined : tellAs(type, record.data, frame);
  return told ?? { label: 'event', colour: null, sentence: `${record.type}, of ${String(record.source)}` };
}

function tellAs<T extends EventType>(type: T, data: unknown, frame: EventFrame): Told | undefined {
  const parsed = eventData[type].safeParse(data);
  if (!parsed.success) return undefined;
  const { label, colour, sentence } = tellings[type];
  return { label, colour, sentence: sentence(parsed.data as Parameters<typeof sentence>[0], frame) };
}
