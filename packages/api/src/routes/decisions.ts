// SPDX-License-Identifier: MIT
import type { FastifyInstance } from 'fastify';
import { answer } from '../answer.ts';
import type { Backend } from '../backend.ts';
import { numberIn, type WithQuery } from '../query.ts';

/** What would be decided, now and at other times. */
export function decisionRoutes(app: FastifyInstance, backend: Backend): void {
  app.get('/v1/why', ({ query }, reply) => answer(backend, 'explain', query, reply));
  app.get<WithQuery>('/v1/schedule', ({ query }, reply) =>
    answer(backend, 'schedule', { ...query, ...numberIn('days', query.days) }, reply),
  );
}
