// SPDX-License-Identifier: MIT
import type { FastifyInstance } from 'fastify';
import { answer } from '../answer.ts';
import type { Backend } from '../backend.ts';

/** A long poll: it is answered when there are steps beyond `after`, or after `patience` without any. */
export function wakeRoutes(app: FastifyInstance, backend: Backend): void {
  app.post('/v1/wake', ({ body }, reply) => answer(backend, 'wakeTrace', body, reply));
}
