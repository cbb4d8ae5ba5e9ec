// SPDX-License-Identifier: MIT
export const outputFormats = ['table', 'json'] as const;
export type OutputFormat = (typeof outputFormats)[number];

export function printLine(stream: NodeJS.WritableStream, text: string): void {
  stream.write(`${text}\n`);
}

export function printJson(stream: NodeJS.WritableStream, value: unknown): void {
  printLine(stream, JSON.stringify(value, null, 2));
}

/** An answer on stdout: as it is for scripts, as a page for people. */
export function printAnswer(output: OutputFormat, value: unknown, page: () => string): void {
  if (output === 'json') printJson(process.stdout, value);
  else printLine(process.stdout, page());
}

/** Columns of the terminal; in a pipe those that COLUMNS says, or 80. */
export function outputWidth(): number {
  const told = Number(process.env.COLUMNS);
  return process.stdout.columns ?? (Number.isInteger(told) && told > 0 ? told : 80);
}
