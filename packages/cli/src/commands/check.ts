// SPDX-License-Identifier: MIT
import { type Config, formatPortRange, formatProblem, readConfig } from '@nftoggle/config';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type OutputFormat, printJson, printLine } from '../output.ts';
import { columns } from '../render/columns.ts';

/** Reads a configuration as the daemons would, and changes nothing. */
export async function checkConfig(file: string, output: OutputFormat): Promise<ExitCode> {
  const read = await readConfig(file);
  if (output === 'json') printJson(process.stdout, read.ok ? asJson(read.config, read.revision) : read);
  else if (read.ok) printLine(process.stdout, validPage(file, read.config, read.revision));
  else for (const problem of read.problems) printLine(process.stderr, formatProblem(problem));
  return read.ok ? exitCodes.ok : exitCodes.cannotStart;
}

function asJson(config: Config, revision: string): object {
  const services = [...config.services.values()].map(({ name, ports }) => ({
    name,
    ports: ports.map(formatPortRange),
  }));
  return { ok: true, revision, mode: config.mode, services };
}

function validPage(file: string, config: Config, revision: string): string {
  const services = [...config.services.values()];
  const count = services.length === 1 ? '1 service' : `${services.length} services`;
  const rows = services.map(({ name, ports, allow, deny }) => [
    `  ${name}`,
    ports.map(formatPortRange).join(' '),
    allow.length + deny.length === 0 ? 'nobody may use it' : `${deny.length} deny, ${allow.length} allow`,
  ]);
  return [`${file} is right: ${count}, mode ${config.mode}, revision ${revision}`, ...columns(rows)].join(
    '\n',
  );
}
