// SPDX-License-Identifier: MIT
import type { FastifyInstance } from 'fastify';
import { answer } from '../answer.ts';
import type { Backend } from '../backend.ts';
import { wrongField } from '../bad-request.ts';
import type { Problem } from '../problem.ts';

interface WithId {
  readonly Params: { readonly id: string };
}

export function grantRoutes(app: FastifyInstance, backend: Backend): void {
  app.get('/v1/grants', ({ query }, reply) => answer(backend, 'grantList', query, reply));
  app.post('/v1/grants', ({ body }, reply) =>
    answer(backend, 'grantIssue', body, reply, {
      objection: oneEnd,
      status: ({ extended }) => (extended ? 200 : 201),
    }),
  );
  app.patch<WithId>('/v1/grants/:id', ({ body, params }, reply) =>
    answer(backend, 'grantExtend', withId(body, params), reply, { objection: oneEnd }),
  );
  app.delete<WithId>('/v1/grants/:id', ({ query, params }, reply) =>
    answer(backend, 'grantRevoke', withId(query, params), reply, { objection: oneAim }),
  );
  app.delete('/v1/grants', ({ query }, reply) =>
    answer(backend, 'grantRevoke', query, reply, { objection: oneAim }),
  );
}

/** What is no object stays what it is, for the schema to refuse. */
function withId(fields: unknown, { id }: WithId['Params']): unknown {
  return typeof fields === 'object' && fields !== null ? { ...fields, id } : fields;
}

interface End {
  readonly until?: string | undefined;
  readonly seconds?: number | undefined;
}

function oneEnd({ until, seconds }: End): Problem | null {
  if ((until === undefined) !== (seconds === undefined)) return null;
  return wrongField('until', 'When it ends is needed once: either until ("18:40") or seconds.');
}

interface Aim {
  readonly id?: string | undefined;
  readonly service?: string | undefined;
  readonly source?: string | undefined;
}

/** Never "all grants" for want of a word. */
function oneAim({ id, service, source }: Aim): Problem | null {
  if (id !== undefined && (service !== undefined || source !== undefined))
    return wrongField('id', 'A grant is named by its id, or by service and source, and not by both.');
  if (id === undefined && service === undefined)
    return wrongField('service', 'What to revoke is needed: the id of a grant, or a service.');
  return null;
}
