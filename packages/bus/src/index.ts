// SPDX-License-Identifier: MIT
// Typed NATS: publish, serve and request, with both ends held to the table of subjects in contracts.
export * from './bus.ts';
export { maxMessage } from './decode.ts';
export * from './errors.ts';
export * from './inbox.ts';
export type { Stored } from './mirror.ts';
export { maxBacklog } from './outbox.ts';
export * from './permissions.ts';
export * from './server-config.ts';
export * from './shared-store.ts';
