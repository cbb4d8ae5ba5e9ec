// SPDX-License-Identifier: MIT
// Events about the same thing keep their order: they share a track, and a track has one reader at a time.
import type { EventData, EventType } from './events.ts';

/** The last token of an event's subject is `0` to `7`. */
export const tracks = 8;

/** What an event is about: events with the same key are read in the order in which they were published. */
type Keys = { readonly [T in EventType]: (data: EventData<T>) => string };

const keys: Keys = {
  session_started: ({ service, covers }) => `${service} ${covers}`,
  session_ended: ({ service, covers }) => `${service} ${covers}`,
  access_denied: ({ service, source }) => `${service} ${source.address}`,
  denials_counted: () => 'denials',
  ruleset_restored: () => 'ruleset',
  grant_issued: ({ grant }) => grant.id,
  grant_extended: ({ grant }) => grant.id,
  grant_revoked: ({ grant }) => grant.id,
  grant_ended: ({ grant }) => grant.id,
  allowance_low: ({ account }) => account,
  allowance_spent: ({ account }) => account,
  allowance_changed: ({ who }) => who,
  permissions_changed: () => 'permissions',
  clock_changed: () => 'clock',
  wake_started: ({ device }) => device,
  wake_ready: ({ device }) => device,
  wake_failed: ({ device }) => device,
  hook_failed: ({ hook }) => hook,
  config_changed: ({ daemon }) => daemon,
  config_refused: ({ daemon }) => daemon,
};

export function trackOf<T extends EventType>(type: T, data: EventData<T>): number {
  let hash = 0;
  for (const character of keys[type](data)) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return hash % tracks;
}
