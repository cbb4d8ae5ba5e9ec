// SPDX-License-Identifier: MIT
import type { FastifyInstance } from 'fastify';
import { answer } from '../answer.ts';
import type { Backend } from '../backend.ts';

/** What would be decided, now and at other times. */
export function decisionRoutes(app: FastifyInstance, backend: Backend): void {
  app.get('/v1/why', ({ query }, reply) => answer(backend, 'explain', query, reply));
  app.get<{ Querystring: Record<string, unknown> }>('/v1/schedule', ({ query }, reply) =>
    answer(backend, 'schedule', { ...query, ...daysOf(query.days) }, reply),
  );
}

/** What is no number stays what it is, for the schema to refuse. */
function daysOf(days: unknown): { readonly days?: number } {
  return typeof days === 'string' && /^\d{1,3}$/.test(days) ? { days: Number(days) } : {};
}
