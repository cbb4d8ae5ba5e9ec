// SPDX-License-Identifier: MIT
import { type Daemon, type ReplyOf, type RequestOf, requests } from '@nftoggle/contracts';
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

/** A deadline that passed says nothing about what was done before, or will be done after it. */
const unknownChanges: Readonly<Partial<Record<Question, string>>> = {
  bonus: '`nftoggle grants` and `nftoggle allowances` show it.',
  grantIssue: '`nftoggle grants` and `nftoggle allowances` show it.',
  grantExtend: '`nftoggle grants` and `nftoggle allowances` show it.',
  grantRevoke: '`nftoggle grants` and `nftoggle allowances` show it.',
  clockAccept: '`nftoggle grants` and `nftoggle allowances` show it.',
  hookTest: 'Who gets the events of the hook can tell.',
  deadLetter: '`nftoggle hooks dead` shows it.',
};

/** Beside its name, what is not to be had without it. */
const duties: Readonly<Partial<Record<Daemon, string>>> = {
  wol: ', which wakes devices,',
  hooks: ', which delivers events to hooks,',
  stats: ', which keeps what happened,',
};

export function silence(question: Question): Problem {
  const { server } = requests[question];
  const silent = `The ${server} daemon${duties[server] ?? ''} does not answer`;
  const known = unknownChanges[question];
  const change = known === undefined ? '' : `, so it is not known whether this was done: ${known}`;
  const end = change === '' ? '.' : change;
  return {
    error: 'no_answer',
    message: `${silent}${end} \`nftoggle status\` shows what is down, and the log of ${server} says why.`,
  };
}
