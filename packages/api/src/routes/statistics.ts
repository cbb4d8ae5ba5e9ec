// SPDX-License-Identifier: MIT
import type { FastifyInstance, FastifyReply } from 'fastify';
import { answer } from '../answer.ts';
import type { Backend, Question } from '../backend.ts';
import { isProblem, readSpan, type Span } from '../past-span.ts';
import { sendProblem } from '../problem.ts';
import { numberIn, type WithQuery } from '../query.ts';

export function statisticsRoutes(app: FastifyInstance, backend: Backend): void {
  app.get<WithQuery>('/v1/stats/summary', ({ query }, reply) => ask(backend, 'statsSummary', query, reply));
  app.get<WithQuery>('/v1/stats/series', ({ query }, reply) =>
    ask(backend, 'statsSeries', query, reply, (span) => ({ step: query.step ?? fittingStep(span) })),
  );
  app.get<WithQuery>('/v1/stats/sessions', ({ query }, reply) =>
    ask(backend, 'statsSessions', query, reply, () => numberIn('limit', query.limit)),
  );
  app.get<WithQuery>('/v1/stats/denials', ({ query }, reply) =>
    ask(backend, 'statsDenials', query, reply, () => numberIn('limit', query.limit)),
  );
}

/** A question about a span of the past, which clients name as people do. */
async function ask(
  backend: Backend,
  question: Question,
  query: WithQuery['Querystring'],
  reply: FastifyReply,
  more: (span: Span) => object = () => ({}),
): Promise<FastifyReply> {
  const span = readSpan(query, Date.now(), backend.timezone());
  if (isProblem(span)) return sendProblem(reply, 422, span);
  return answer(backend, question, { ...query, ...span, ...more(span) }, reply);
}

const hour = 3_600_000;

/** The finest step of which no more than a page is needed. */
function fittingStep({ from, to }: Span): 'minute' | 'hour' | 'day' {
  const length = Date.parse(to) - Date.parse(from);
  if (length <= 12 * hour) return 'minute';
  return length <= 40 * 24 * hour ? 'hour' : 'day';
}
