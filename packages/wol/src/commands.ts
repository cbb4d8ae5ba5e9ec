// SPDX-License-Identifier: MIT

export interface CommandRun {
  /** What went wrong, in words; null when it ended with 0. Never rejects. */
  readonly ended: Promise<string | null>;
  /** Ends it, if it still runs, and all that it has started: politely first. */
  kill(): void;
}

export interface Commands {
  /** Runs a program without a shell. `facts` are added to a small environment. */
  run(argv: readonly string[], facts: Readonly<Record<string, string>>): CommandRun;
  /** Ends all that still run, at once. */
  close(): void;
}
