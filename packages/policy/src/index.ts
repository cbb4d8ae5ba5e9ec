// SPDX-License-Identifier: MIT
// What policy keeps and knows beside the configuration, and its answers on the bus. The deciding itself is in decision.
export { servePolicy } from './endpoints.ts';
export type { PolicyContext } from './replica.ts';
