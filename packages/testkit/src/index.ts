// SPDX-License-Identifier: MIT
// For tests only: a real nats-server, a link to it that can be cut, builders, and waiting without sleeping.
export * from './builders.ts';
export * from './daemon-process.ts';
export * from './eventually.ts';
export { type Inside, type Remote, type Surroundings, startInside } from './inside.ts';
export * from './link.ts';
export * from './nats-server.ts';
export { patience } from './patience.ts';
export * from './port.ts';
