// SPDX-License-Identifier: MIT
// Every shape and subject on the bus, and nothing that does anything.
export * from './allowance.ts';
export * from './clock.ts';
export * from './decision.ts';
export * from './events.ts';
export * from './flow.ts';
export * from './grant.ts';
export * from './hook.ts';
export * from './ids.ts';
export * from './instant.ts';
export * from './metrics.ts';
export * from './refusal.ts';
export * from './schedule.ts';
export * from './session.ts';
export * from './statistics.ts';
export * from './status.ts';
export * from './stores.ts';
export * from './stream.ts';
export * from './subjects.ts';
export * from './tracks.ts';
export * from './wake.ts';
