// SPDX-License-Identifier: MIT

/** pino's numbers, which nats-server's words are turned into. */
export const levels = { debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const;

export interface LogLine {
  readonly level: number;
  readonly message: string;
  /** What the error that it tells of said, without the words around it. */
  readonly cause?: string;
}

const natsLevels: Readonly<Record<string, number>> = {
  TRC: levels.debug,
  DBG: levels.debug,
  INF: levels.info,
  WRN: levels.warn,
  ERR: levels.error,
  FTL: levels.fatal,
};
const natsLine = /^\[\d+\] \S+ \S+ \[([A-Z]{3})\] (.*)$/;

/** Reads one line of a daemon (pino JSON) or of nats-server; what is neither, such as a stack trace, is a warning. */
export function parseLogLine(line: string): LogLine {
  const nats = natsLine.exec(line);
  if (nats !== null) return { level: natsLevels[nats[1] ?? ''] ?? levels.warn, message: nats[2] ?? '' };
  return parsePino(line) ?? { level: levels.warn, message: line };
}

function parsePino(line: string): LogLine | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const { level, msg, err } = JSON.parse(line) as {
      level?: unknown;
      msg?: unknown;
      err?: { message?: unknown };
    };
    if (typeof level !== 'number') return undefined;
    const [said, cause] = [textOf(msg), textOf(err?.message)];
    const message = [...new Set([said, cause])].filter((text) => text !== undefined).join(': ');
    return cause === undefined ? { level, message } : { level, message, cause };
  } catch {
    // A line that only looks like JSON is text like any other.
    return undefined;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** `12:03:04 policy  WARN message`, with further lines of the message below it. */
export function formatLogLine(name: string, { level, message }: LogLine, now: Date): string {
  const head = `${now.toTimeString().slice(0, 8)} ${name.padEnd(11)} ${levelName(level).padEnd(5)}`;
  return `${head} ${message.replaceAll('\n', `\n${' '.repeat(head.length + 1)}`)}`;
}

function levelName(level: number): string {
  if (level >= levels.fatal) return 'FATAL';
  if (level >= levels.error) return 'ERROR';
  if (level >= levels.warn) return 'WARN';
  return level >= levels.info ? 'INFO' : 'DEBUG';
}
