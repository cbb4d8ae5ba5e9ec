// SPDX-License-Identifier: MIT
// Keeps every event in SQLite, adds up who used and was refused what, and answers questions about it.
export { Batches, type BatchesOptions } from './batches.ts';
export { type StatsContext, serveStats } from './endpoints.ts';
export type { Stored } from './ingest.ts';
export { type Kept, StatsStore, type StoreConfig, type StoreOptions } from './stats-store.ts';
export { readStream } from './stream-reading.ts';
