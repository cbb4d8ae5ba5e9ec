// SPDX-License-Identifier: MIT
import type { FastifyInstance } from 'fastify';
import { answer } from '../answer.ts';
import type { Backend } from '../backend.ts';

export function allowanceRoutes(app: FastifyInstance, backend: Backend): void {
  app.get('/v1/allowances', ({ query }, reply) => answer(backend, 'allowances', query, reply));
  app.post('/v1/bonus', ({ body }, reply) => answer(backend, 'bonus', body, reply));
}
