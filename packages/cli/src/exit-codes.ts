// SPDX-License-Identifier: MIT

/** What the shell gets; docs and scripts rely on these numbers. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  /** The configuration is wrong, or `up` cannot start. The daemons use the same number. */
  cannotStart: 3,
  notReachable: 5,
  notFound: 6,
  timedOut: 7,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** An outcome that a person must read: its message says what is wrong and what to do about it. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
