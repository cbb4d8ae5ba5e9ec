// SPDX-License-Identifier: MIT
// The lab: machines, cables and a home router made of network namespaces, in which real packets are tried.
export * from './available.ts';
export * from './capture.ts';
export * from './child.ts';
export * from './command.ts';
export * from './connect.ts';
export * from './datagrams.ts';
export { type FloodOptions, floodWithSyns } from './flood.ts';
export * from './lab.ts';
export * from './magic-packets.ts';
export * from './minecraft.ts';
export * from './namespace.ts';
export type { Exit } from './process-end.ts';
export * from './raw-packets.ts';
export { type PortState, parseNmapXml, SCAN_TYPES, type ScanType, scan } from './scan.ts';
export * from './services.ts';
export * from './sleeping.ts';
export { lastByteAt } from './stream-watch.ts';
export { type HostName, type HostPlan, type InterfacePlan, lanHost, type Segment } from './topology.ts';
