// SPDX-License-Identifier: MIT
import type { Refusal } from '@nftoggle/contracts';
import type { FastifyReply } from 'fastify';

/** Every reply that is not the answer has this shape. */
export interface Problem {
  readonly error: string;
  readonly message: string;
  /** The parameter, or field of the body, that is wrong. */
  readonly field?: string;
}

/** What HTTP calls each way in which a daemon refuses a question. */
const refusalStatus: Readonly<Record<Refusal['error'], number>> = {
  unknown_service: 404,
  unknown_source: 404,
  unknown_person: 404,
  unknown_grant: 404,
  unknown_name: 404,
  unknown_hook: 404,
  unknown_letter: 404,
  /** The question is understood, and does not go with how things are. */
  no_allowance: 409,
  too_many: 409,
  wrong_time: 422,
  not_ready: 503,
};

export function sendProblem(reply: FastifyReply, status: number, problem: Problem): FastifyReply {
  return reply.code(status).send(problem);
}

export function sendRefusal(reply: FastifyReply, refusal: Refusal): FastifyReply {
  return sendProblem(reply, refusalStatus[refusal.error], refusal);
}
