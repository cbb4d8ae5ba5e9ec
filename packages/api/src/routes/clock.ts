// SPDX-License-Identifier: MIT
import type { FastifyInstance } from 'fastify';
import { answer } from '../answer.ts';
import type { Backend } from '../backend.ts';

export function clockRoutes(app: FastifyInstance, backend: Backend): void {
  app.post('/v1/clock/accept', ({ body }, reply) => answer(backend, 'clockAccept', body, reply));
}
