// SPDX-License-Identifier: MIT

/** What is wrong with a configuration file, where, and what would be right. */
export interface Problem {
  readonly file: string;
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
  /** Where in the configuration, such as `services.ssh.allow[1]`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  readonly remedy: string;
}

export type Path = readonly (string | number)[];

/** `nftoggle.yml:7:13: services.ssh.allow[1]: "vnp" is not known. Did you mean the group "vpn"?` */
export function formatProblem(problem: Problem): string {
  const place = `${problem.file}:${problem.line}:${problem.column}`;
  const path = problem.path === '' ? '' : `${problem.path}: `;
  return `${place}: ${path}${problem.message} ${problem.remedy}`.trimEnd();
}

const mostLines = 20;

/** One problem a line. Text for a log or a status, so a file that is wrong all over is cut short. */
export function formatProblems(problems: readonly Problem[]): string {
  const lines = problems.slice(0, mostLines).map(formatProblem);
  const more = problems.length - lines.length;
  return [...lines, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n');
}

export function formatPath(path: Path): string {
  return path.reduce<string>((text, key) => text + formatKey(key, text === ''), '');
}

export function compareProblems(a: Problem, b: Problem): number {
  return a.line - b.line || a.column - b.column;
}

/** There is no configuration to run with. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(formatProblems(problems));
    this.problems = problems;
  }
}

function formatKey(key: string | number, first: boolean): string {
  if (typeof key === 'number') return `[${key}]`;
  if (!/^[\w-]+$/.test(key)) return `[${JSON.stringify(key)}]`;
  return first ? key : `.${key}`;
}
