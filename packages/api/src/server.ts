// SPDX-License-Identifier: MIT
import {
  ExplainReply,
  type ExplainReply as ExplainReplyShape,
  ExplainRequest,
  type ExplainRequest as ExplainRequestShape,
  SystemStatus,
  type SystemStatus as SystemStatusShape,
} from '@nftoggle/contracts';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';

/** Where the answers come from. */
export interface Backend {
  /** Never fails: what does not answer is null in it. Takes a second at most. */
  status(): Promise<SystemStatusShape>;
  /** Null when nobody answers. */
  why(request: ExplainRequestShape): Promise<ExplainReplyShape | null>;
  /** Told of faults of ours, which clients see as `internal_error`. */
  onFault(error: Error): void;
}

/** Every reply that is not the answer has this shape. */
interface Problem {
  readonly error: string;
  readonly message: string;
  /** The parameter that is wrong. */
  readonly field?: string;
}

export function buildServer(backend: Backend): FastifyInstance {
  // A stop must not wait for clients that keep a connection open for their next question.
  const app = fastify({ forceCloseConnections: true });
  app.get('/v1/health', () => ({ ok: true }));
  app.get('/v1/status', async () => SystemStatus.parse(await backend.status()));
  app.get('/v1/why', (request, reply) => why(backend, request, reply));
  app.setNotFoundHandler((request, reply) =>
    problem(reply, 404, { error: 'unknown_route', message: `There is no ${request.method} ${request.url}.` }),
  );
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return problem(reply, status, { error: 'bad_request', message: error.message });
    backend.onFault(error);
    return problem(reply, 500, {
      error: 'internal_error',
      message: 'A fault of nftoggle; its log says more.',
    });
  });
  return app;
}

async function why(backend: Backend, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const question = ExplainRequest.safeParse(request.query);
  if (!question.success) return problem(reply, 400, wrongParameter(question.error.issues[0]));
  const answer = await backend.why(question.data);
  if (answer === null) return problem(reply, 503, noAnswer);
  const checked = ExplainReply.parse(answer);
  return reply.code('error' in checked ? 404 : 200).send(checked);
}

const noAnswer: Problem = {
  error: 'no_answer',
  message: 'The policy daemon does not answer. `nftoggle status` shows what is down, and its log says why.',
};

interface Issue {
  readonly path: readonly PropertyKey[];
}

function wrongParameter(issue: Issue | undefined): Problem {
  const field = String(issue?.path[0] ?? 'source');
  const meaning = field === 'service' ? 'the name of a service' : 'an address or the name of a device';
  return { error: 'bad_request', message: `The parameter ${field} is needed once: ${meaning}.`, field };
}

function problem(reply: FastifyReply, status: number, body: Problem): FastifyReply {
  return reply.code(status).send(body);
}
