// SPDX-License-Identifier: MIT
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { checkGroupCycles } from './check-groups.ts';
import { checkHooks } from './check-hooks.ts';
import { checkNames, namesOf } from './check-names.ts';
import { checkAllowances, checkPeople } from './check-people.ts';
import { checkRules } from './check-rules.ts';
import { checkDevices, checkPorts } from './check-services.ts';
import { checkWake } from './check-wake.ts';
import { type ConfigDocument, type Position, readDocument } from './document.ts';
import type { ValueFault } from './fault.ts';
import { explainIssue } from './issue-explain.ts';
import type { Fault } from './parsed.ts';
import { compareProblems, formatPath, type Path, type Problem } from './problem.ts';
import { isBlock, type RawBlock } from './raw-value.ts';
import { type Host, resolveConfig } from './resolve.ts';
import { ConfigText, sections } from './schema.ts';
import { withoutPasswords } from './secure-on-password.ts';
import type { Config } from './types.ts';

/** A configuration, and the revision of the file that it came from. */
export interface Loaded {
  readonly config: Config;
  readonly revision: string;
}

export type LoadResult =
  | ({ readonly ok: true } & Loaded)
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly revision: string };

export interface LoadOptions extends Partial<Host> {
  /** What problems call the file. */
  readonly file: string;
}

/** The largest file that is read at all: no person writes this much, and YAML takes its time. */
export const maxConfigBytes = 1024 * 1024;

/** Checks everything there is to check, and reports all of it at once, in the order of the file. */
export function parseConfig(text: string, options: LoadOptions): LoadResult {
  const revision = revisionOf(text);
  const wrong = wholeFileFault(text);
  if (wrong !== null) return refusal(revision, [toProblem(options.file, [], { line: 1, column: 1 }, wrong)]);
  const document = readDocument(text);
  const raw = withoutEmptySections(document.raw);
  const checked = raw === undefined ? null : checkValues(raw, document);
  const problems = [
    ...document.faults.map((fault) =>
      toProblem(options.file, fault.path, document.positionAt(fault.at), fault),
    ),
    ...(checked?.faults ?? []).map((fault) =>
      toProblem(options.file, fault.path, document.position(fault.path, fault.side), fault),
    ),
  ].sort(compareProblems);
  if (problems.length > 0 || !checked?.parsed.success) return refusal(revision, problems);
  const host = {
    hostName: options.hostName ?? hostname(),
    hostTimezone: options.hostTimezone ?? localTimezone(),
  };
  return {
    ok: true,
    config: resolveConfig(checked.parsed.data, host, (section) => document.keys([section])),
    revision,
  };
}

/** The first 12 hex digits of the SHA-256 of the file. */
export function revisionOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 12);
}

export function toProblem(file: string, path: Path, position: Position, fault: Fault): Problem {
  const [where = '', message = '', remedy = ''] = [formatPath(path), fault.message, fault.remedy].map(
    withoutPasswords,
  );
  return { file, line: position.line, column: position.column, path: where, message, remedy };
}

function refusal(revision: string, problems: readonly Problem[]): LoadResult {
  return { ok: false, problems, revision };
}

function wholeFileFault(text: string): Fault | null {
  if (Buffer.byteLength(text) > maxConfigBytes) {
    return { message: 'The file is larger than 1 MiB.', remedy: 'Is it the right file?' };
  }
  const blank = text.split('\n').every((line) => /^\uFEFF?\s*(#.*)?$/.test(line));
  return blank
    ? { message: 'The file is empty.', remedy: 'The least it can hold is the line version: 1' }
    : null;
}

/** `groups:` with nothing under it, because all of it is commented out, is no group. */
function withoutEmptySections(raw: unknown): unknown {
  if (!isBlock(raw)) return raw;
  const isEmptySection = (key: string) => raw[key] === null && (sections as readonly string[]).includes(key);
  return Object.fromEntries(Object.entries(raw).filter(([key]) => !isEmptySection(key))) satisfies RawBlock;
}

function checkValues(raw: unknown, document: ConfigDocument) {
  const parsed = ConfigText.safeParse(raw);
  const names = namesOf(raw);
  const lineOf = (path: Path) => document.position(path, 'key').line;
  const faults: readonly ValueFault[] = [
    ...(parsed.error?.issues ?? []).flatMap((issue) => explainIssue(issue, ConfigText, raw)),
    ...checkDevices(raw),
    ...checkWake(raw),
    ...checkNames(raw, lineOf),
    ...checkPeople(raw, names),
    ...checkAllowances(raw),
    ...checkRules(raw, lineOf),
    ...checkHooks(raw, names),
    ...checkGroupCycles(raw),
    ...checkPorts(raw, document.keys(['services']), lineOf),
  ];
  return { parsed, faults };
}

/** A machine whose zone cannot be told (a container without zone files, `TZ` empty) says one that is none. */
function localTimezone(): string {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return isZone(timeZone) ? timeZone : 'UTC';
}

function isZone(name: string): boolean {
  try {
    Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
