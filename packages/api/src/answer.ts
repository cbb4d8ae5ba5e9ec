// SPDX-License-Identifier: MIT
import { type ReplyOf, type RequestOf, requests } from '@nftoggle/contracts';
import type { FastifyReply } from 'fastify';
import type { Backend, Question } from './backend.ts';
import { badRequest } from './bad-request.ts';
import { type Problem, sendProblem, sendRefusal } from './problem.ts';

/** An answer that is no refusal. */
export type Success<Q extends Question> = Exclude<ReplyOf<Q>, { error: string }>;

interface Answering<Q extends Question> {
  /** Status of a success; 200 unless it says otherwise. */
  readonly status?: (success: Success<Q>) => number;
  /** What is wrong with a question that has the right shape. */
  readonly objection?: (request: RequestOf<Q>) => Problem | null;
}

/**
 * The one way from a question of a client to its answer: held to its shape on the way there and on the way back.
 * `input` is what came in by the URL and the body, field by field.
 */
export async function answer<Q extends Question>(
  backend: Backend,
  question: Q,
  input: unknown,
  reply: FastifyReply,
  { status, objection }: Answering<Q> = {},
): Promise<FastifyReply> {
  // Strict: a mistyped field must not silently change what is asked for.
  const asked = requests[question].request.strict().safeParse(input);
  if (!asked.success) return sendProblem(reply, 400, badRequest(asked.error.issues));
  const request = asked.data as RequestOf<Q>;
  const wrong = objection?.(request) ?? null;
  if (wrong !== null) return sendProblem(reply, 400, wrong);
  const answered = await backend.ask(question, request);
  if (answered === null) return sendProblem(reply, 503, silence(question));
  const checked = requests[question].reply.parse(answered);
  if ('error' in checked) return sendRefusal(reply, checked);
  return reply.code(status?.(checked as Success<Q>) ?? 200).send(checked);
}

const changes: ReadonlySet<Question> = new Set([
  'bonus',
  'grantIssue',
  'grantExtend',
  'grantRevoke',
  'clockAccept',
]);

function silence(question: Question): Problem {
  if (requests[question].server === 'wol') return wolIsSilent;
  return changes.has(question) ? noAnswerToChange : noAnswer;
}

const noAnswer: Problem = {
  error: 'no_answer',
  message: 'The policy daemon does not answer. `nftoggle status` shows what is down, and its log says why.',
};

/** A deadline that passed says nothing about what was done before, or will be done after it. */
const noAnswerToChange: Problem = {
  error: 'no_answer',
  message:
    'The policy daemon does not answer, so it is not known whether this was done: `nftoggle grants` and ' +
    '`nftoggle allowances` show it. `nftoggle status` shows what is down.',
};

const wolIsSilent: Problem = {
  error: 'no_answer',
  message:
    'The wol daemon, which wakes devices, does not answer. `nftoggle status` shows what is down, and its ' +
    'log says why.',
};
