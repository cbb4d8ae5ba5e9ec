// SPDX-License-Identifier: MIT
import { EventsPage } from '@nftoggle/contracts';
import { askDaemon } from './ask-daemon.ts';
import { type EventFilter, filterQuery } from './event-filter.ts';
import { type EventRecord, inOrder, readRecord } from './event-record.ts';

/** The most that one answer holds. */
const pageSize = 500;
/** No event is kept for longer: the last few are those, however long ago they were. */
const allThatIsKept = '10y';

export interface PastEvents {
  /** Oldest first. */
  readonly events: readonly EventRecord[];
  /** Whether there are older ones than those. */
  readonly more: boolean;
}

/** The newest events of the past, `most` of them; `from` is a moment as people say it. @throws CommandError */
export async function pastEvents(
  socket: string,
  filter: EventFilter,
  { from, most }: { readonly from: string | undefined; readonly most: number },
): Promise<PastEvents> {
  const events: EventRecord[] = [];
  let after: string | null = null;
  while (events.length < most) {
    const query = filterQuery(filter);
    query.set('from', from ?? allThatIsKept);
    query.set('limit', String(Math.min(pageSize, most - events.length)));
    if (after !== null) query.set('after', after);
    const page: EventsPage = await askDaemon(socket, { path: `/v1/events?${query}` }, EventsPage);
    events.push(...page.events.flatMap((json) => readRecord(json) ?? []));
    after = page.next;
    if (after === null) break;
  }
  return { events: inOrder(events), more: after !== null };
}
