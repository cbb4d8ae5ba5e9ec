// SPDX-License-Identifier: MIT
// nftoggle.yml: its schema, its loader, its errors, and the addresses it speaks of.
export { readConfig } from './config-read.ts';
export { formatDuration, parseDuration } from './duration.ts';
export { configJsonSchema } from './json-schema.ts';
export { lanRanges } from './lan.ts';
export { type Loaded, type LoadOptions, type LoadResult, parseConfig, revisionOf } from './load.ts';
export { parseMacAddress } from './mac-address.ts';
export { formatMarkMask } from './mark-mask.ts';
export * from './network.ts';
export type { Fault, Parsed } from './parsed.ts';
export { formatPortRange, parsePortRange, portsOverlap } from './port-range.ts';
export { ConfigError, formatProblem, formatProblems, type Problem } from './problem.ts';
export { configReference } from './reference.ts';
export { safeDefaultConfig } from './safe-default.ts';
export { ConfigText } from './schema.ts';
export { type Names, parseSource, reservedNames } from './source.ts';
export { type ExpandedSources, expandSources } from './sources-expand.ts';
export { suggest } from './suggest.ts';
export * from './types.ts';
export { type ConfigWatch, type WatchHandlers, type WatchOptions, watchConfig } from './watch.ts';
