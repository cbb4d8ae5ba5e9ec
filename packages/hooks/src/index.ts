// SPDX-License-Identifier: MIT
// Tells others what happens: posts webhooks and runs programs on events, at least once, retried and signed.
export { type HooksContext, serveHooks } from './endpoints.ts';
export { type EventText, eventText } from './event-text.ts';
