// SPDX-License-Identifier: MIT

/** Nobody answered in time: no responder, no connection, or the deadline passed. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

/** Somebody answered, and it was not what the table of subjects promises. */
export class BadAnswerError extends Error {
  override readonly name = 'BadAnswerError';
}

/** The entry of a store is not what it was thought to be: somebody else was faster. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';
}
