// SPDX-License-Identifier: MIT
// nftoggle.yml: its schema, its loader, its errors, and the addresses it speaks of.
export { readConfig } from './config-read.ts';
export { formatDuration, parseDuration, parseRetention } from './duration.ts';
export { signatureOf } from './file-signature.ts';
export { configJsonSchema } from './json-schema.ts';
export { type Loaded, type LoadOptions, type LoadResult, parseConfig } from './load.ts';
export { parseMoment } from './moment.ts';
export * from './network.ts';
export type { Fault, Parsed } from './parsed.ts';
export { formatPortRange, parsePortRange } from './port-range.ts';
export { ConfigError, formatProblem, formatProblems, type Problem } from './problem.ts';
export { configReference } from './reference.ts';
export { safeDefaultConfig } from './safe-default.ts';
export { ConfigText } from './schema.ts';
export { deviceToWake, type ServiceTarget, targetsToWake } from './service-wakes.ts';
export { type Names, parseSource } from './source.ts';
export { type ExpandedSources, expandSources } from './sources-expand.ts';
export { suggest } from './suggest.ts';
export * from './types.ts';
export { type ConfigWatch, type WatchHandlers, type WatchOptions, watchConfig } from './watch.ts';
export { parseNtfyTopic } from './webhook-text.ts';
export { windowText } from './window-text.ts';
export * from './zoned-time.ts';
