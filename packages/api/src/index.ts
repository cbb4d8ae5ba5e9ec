// SPDX-License-Identifier: MIT
// The door for clients: the routes of /v1 over a unix socket, answered by asking the daemons on the bus.
export type { Backend, Question } from './backend.ts';
export { buildServer } from './server.ts';
