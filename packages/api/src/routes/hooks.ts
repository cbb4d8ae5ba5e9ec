// SPDX-License-Identifier: MIT
import type { FastifyInstance } from 'fastify';
import { answer } from '../answer.ts';
import type { Backend } from '../backend.ts';
import { numberIn, type WithQuery } from '../query.ts';

interface WithName {
  readonly Params: { readonly name: string };
}

interface WithId {
  readonly Params: { readonly id: string };
}

export function hookRoutes(app: FastifyInstance, backend: Backend): void {
  app.get('/v1/hooks', ({ query }, reply) => answer(backend, 'hooksStatus', query, reply));
  app.post<WithName>('/v1/hooks/:name/test', ({ body, params }, reply) =>
    answer(backend, 'hookTest', withFields(body, { hook: params.name }), reply),
  );
  letterRoutes(app, backend);
}

/** Dead letters. The id alone says what to do, so nothing else may be said. */
function letterRoutes(app: FastifyInstance, backend: Backend): void {
  app.get<WithQuery>('/v1/hooks/letters', ({ query }, reply) =>
    answer(backend, 'deadLetters', { ...query, ...numberIn('limit', query.limit) }, reply),
  );
  app.post<WithId>('/v1/hooks/letters/:id/retry', ({ body, params: { id } }, reply) =>
    answer(backend, 'deadLetter', withFields(body, { id, discard: false }), reply),
  );
  app.delete<WithId & WithQuery>('/v1/hooks/letters/:id', ({ query, params: { id } }, reply) =>
    answer(backend, 'deadLetter', withFields(query, { id, discard: true }), reply),
  );
}

/** No body is as good as an empty one; what is no object stays what it is, for the schema to refuse. */
function withFields(body: unknown, fields: object): unknown {
  const said = body ?? {};
  return typeof said === 'object' && !Array.isArray(said) ? { ...said, ...fields } : said;
}
