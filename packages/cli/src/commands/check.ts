// SPDX-License-Identifier: MIT
import { formatPortRange, formatProblem, type Loaded, readConfig } from '@nftoggle/config';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type OutputFormat, printAnswer, printJson, printLine } from '../output.ts';
import { paintFor } from '../paint.ts';
import { checkPage } from '../render/check-page.ts';
import { ruleFacts } from '../render/rule-facts.ts';
import { wakeFacts } from '../render/wake-facts.ts';
import { configWarnings } from './config-warnings.ts';

/** Reads a configuration as the daemons would, and changes nothing. */
export async function checkConfig(file: string, output: OutputFormat): Promise<ExitCode> {
  const read = await readConfig(file);
  if (read.ok) {
    const warnings = configWarnings(read.config, Date.now());
    printAnswer(output, asJson(read, warnings), () =>
      checkPage(file, read, warnings, paintFor(process.stdout)),
    );
    return exitCodes.ok;
  }
  if (output === 'json') printJson(process.stdout, read);
  else for (const problem of read.problems) printLine(process.stderr, formatProblem(problem));
  return exitCodes.cannotStart;
}

function asJson({ config, revision }: Loaded, warnings: readonly string[]): object {
  const { mode, timezone } = config;
  const services = [...config.services.values()].map(({ name, ports, deny, allow }) => ({
    name,
    ports: ports.map(formatPortRange),
    rules: [...deny, ...allow].map((rule) => ({ rule: rule.path, limits: ruleFacts(rule, timezone) })),
  }));
  const people = [...config.people.values()].map(({ name, role, devices }) => ({ name, role, devices }));
  return { ok: true, revision, mode, timezone, services, people, wakes: wakeFacts(config), warnings };
}
