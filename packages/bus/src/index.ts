// SPDX-License-Identifier: MIT
// Typed NATS: publish, serve and request, with both ends held to the table of subjects in contracts.
export * from './bus.ts';
export { maxMessage } from './decode.ts';
export type { EventIdentity } from './envelope.ts';
export * from './errors.ts';
export { eventId } from './event-id.ts';
export type { EventHandler, EventReading } from './event-reading.ts';
export * from './inbox.ts';
export * from './key.ts';
export type { Stored } from './mirror.ts';
export { maxBacklog, maxBacklogBytes } from './outbox.ts';
export * from './permissions.ts';
export * from './server-config.ts';
export * from './shared-store.ts';
export type { Shelf } from './shelf.ts';
