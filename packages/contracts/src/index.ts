// SPDX-License-Identifier: MIT
// Every shape and subject on the bus, and nothing that does anything.
export * from './decision.ts';
export * from './events.ts';
export * from './flow.ts';
export * from './ids.ts';
export * from './status.ts';
export * from './subjects.ts';
