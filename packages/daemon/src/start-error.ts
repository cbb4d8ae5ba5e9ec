// SPDX-License-Identifier: MIT

/** A start that cannot succeed: its message tells a person what is wrong and what to do. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
