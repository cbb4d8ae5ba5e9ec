// SPDX-License-Identifier: MIT
import { type CloudEvent, type EventType, eventTypes } from '@nftoggle/contracts';
import type { FastifyInstance } from 'fastify';
import { answer } from '../answer.ts';
import type { Backend } from '../backend.ts';
import { badRequest, wrongField } from '../bad-request.ts';
import { EventClients } from '../event-clients.ts';
import { isProblem, readSpan } from '../past-span.ts';
import { type Problem, sendProblem } from '../problem.ts';
import { listOf, numberIn, type WithQuery } from '../query.ts';

/** What happened, and what happens. */
export function eventRoutes(app: FastifyInstance, backend: Backend): void {
  app.get<WithQuery>('/v1/events', ({ query }, reply) => {
    const { type, ...rest } = query;
    const types = readTypes(type);
    if (isProblem(types)) return sendProblem(reply, 400, types);
    const span = readSpan(query, Date.now(), backend.timezone());
    if (isProblem(span)) return sendProblem(reply, 422, span);
    // Without an end: who asks for the newest wants those, too, that were published by a clock ahead of this one.
    const { from, to } = span;
    const asked = { ...rest, from, ...(query.to === undefined ? {} : { to }), ...types };
    return answer(backend, 'statsEvents', { ...asked, ...numberIn('limit', query.limit) }, reply);
  });
  streamRoute(app, backend);
}

function streamRoute(app: FastifyInstance, backend: Backend): void {
  const clients = new EventClients(backend.feed);
  app.addHook('preClose', (done) => {
    clients.close();
    done();
  });
  // No HEAD: it would take the place of a client and hear nothing.
  app.get<WithQuery>('/v1/events/stream', { exposeHeadRoute: false }, (request, reply) => {
    const { from, ...query } = request.query;
    const since = from === undefined ? null : readSpan({ from }, Date.now(), backend.timezone());
    if (since !== null && isProblem(since)) return sendProblem(reply, 422, since);
    const wanted = readFilter(query);
    if (isProblem(wanted)) return sendProblem(reply, 400, wanted);
    if (!clients.hasRoom()) return sendProblem(reply.header('retry-after', '10'), 503, tooManyClients);
    const form = request.headers.accept?.includes('text/event-stream') ? 'sse' : 'ndjson';
    reply.hijack();
    clients.add(reply.raw, { form, since: since?.from ?? null, passes: wanted.passes });
  });
}

const tooManyClients: Problem = {
  error: 'too_many',
  message: `${EventClients.most} clients follow the events already: end one of them first.`,
};

interface Filter {
  readonly passes: (event: CloudEvent) => boolean;
}

function readFilter(query: WithQuery['Querystring']): Filter | Problem {
  const { type, service, ...unknown } = query;
  const [key] = Object.keys(unknown);
  if (key !== undefined) return badRequest([{ code: 'unknown', path: [], message: '', keys: [key] }]);
  if (service !== undefined && typeof service !== 'string') return wrongField('service');
  const chosen = readTypes(type);
  if (isProblem(chosen)) return chosen;
  return {
    passes: (event) =>
      (chosen.types === undefined || chosen.types.includes(event.type)) &&
      (service === undefined || event.subject === service),
  };
}

/** A mistyped type must not look like a type of which nothing happened. */
function readTypes(value: unknown): { readonly types?: readonly EventType[] } | Problem {
  const list = listOf(value);
  if (list === undefined) return {};
  const wrong = list.find((type) => !(eventTypes as readonly unknown[]).includes(type));
  if (wrong === undefined) return { types: [...new Set(list as EventType[])] };
  const message = `There is no type of event ${JSON.stringify(wrong)}. These are: ${eventTypes.join(', ')}.`;
  return wrongField('type', message);
}
