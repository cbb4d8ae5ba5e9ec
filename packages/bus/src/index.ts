// SPDX-License-Identifier: MIT
// Typed NATS: publish, serve and request, with both ends held to the table of subjects in contracts.
export * from './bus.ts';
export * from './errors.ts';
export { maxBacklog } from './outbox.ts';
export * from './permissions.ts';
