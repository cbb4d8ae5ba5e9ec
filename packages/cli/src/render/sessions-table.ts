// SPDX-License-Identifier: MIT
import type { SessionRecord, SessionsPage, SessionUse } from '@nftoggle/contracts';
import type { Paint } from '../paint.ts';
import { columns } from './columns.ts';
import { bytesText, shortDuration } from './figures.ts';
import { pastText } from './past-time.ts';
import { whoName } from './who-text.ts';

const titles = ['SINCE', 'SERVICE', 'WHO', 'LASTED', 'IN USE', 'MOVED', 'ENDED'];

/** A line for each session, newest first. */
export function sessionsTable({ sessions, next }: SessionsPage, zone: string, paint: Paint): string {
  if (sessions.length === 0) return 'no session in that time';
  const rows = sessions.map((session) => [
    pastText(session.since, zone),
    session.service,
    nameOf(session),
    session.ended === null ? '' : shortDuration(secondsBetween(session.since, session.ended)),
    session.use === null ? '' : shortDuration(session.use.active),
    session.use === null ? '' : movedText(session.use),
    session.ended === null ? paint('green', 'open') : (session.reason ?? 'ended').replaceAll('_', ' '),
  ]);
  return [
    ...columns([titles.map((title) => paint('dim', title)), ...rows]),
    ...(next === null ? [] : ['… and more: --limit, or nftoggle stats export sessions']),
  ].join('\n');
}

/** Names say more than addresses do, and take less room. */
export function nameOf({ who, address }: Pick<SessionRecord, 'who' | 'address'>): string {
  const name = whoName(who);
  if (name !== null) return name;
  return who.country === null ? address : `${address} (${who.country})`;
}

function movedText({ from_source, to_source }: SessionUse): string {
  return from_source === null || to_source === null ? '' : bytesText(from_source.bytes + to_source.bytes);
}

function secondsBetween(since: string, ended: string): number {
  return (Date.parse(ended) - Date.parse(since)) / 1_000;
}
