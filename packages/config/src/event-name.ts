// SPDX-License-Identifier: MIT
import { type EventType, eventTypes } from '@nftoggle/contracts';
import { accept, type Parsed, refuse } from './parsed.ts';
import { suggest } from './suggest.ts';

/** An inner signal, which says nothing to people: it is meant only where somebody writes its name. */
const notMeantByAll: EventType = 'permissions_changed';

export const eventNames: readonly string[] = ['all', ...eventTypes];

/** The events that an entry of `on` stands for. */
export function parseEventName(text: string): Parsed<readonly EventType[]> {
  if (text === 'all') return accept(eventTypes.filter((type) => type !== notMeantByAll));
  const type = eventTypes.find((one) => one === text);
  if (type !== undefined) return accept([type]);
  const near = suggest(text.replaceAll(/[-. ]/g, '_'), eventNames);
  const remedy =
    near === null ? `Write all, or some of ${eventTypes.join(', ')}.` : `Did you mean "${near}"?`;
  return refuse(`There is no event ${JSON.stringify(text)}.`, remedy);
}
