// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { addAsking } from './command-line/asking.ts';
import { addHooking } from './command-line/hooking.ts';
import { addPast } from './command-line/past.ts';
import { addPermitting, shieldNegativeTimes } from './command-line/permitting.ts';
import { addRunning } from './command-line/running.ts';
import { addWaking } from './command-line/waking.ts';
import { CommandError, type ExitCode, exitCodes } from './exit-codes.ts';
import { printLine } from './output.ts';
import { projectRoot } from './paths.ts';

/**
 * Runs one command line and returns its exit code. Each command is imported when it is called, so that `why`
 * does not wait for what only `up` needs.
 */
export async function runCommand(args: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = exitCodes.ok;
  const program = buildProgram((result) => {
    code = result;
  });
  try {
    await program.parseAsync(args.length === 0 ? ['help'] : shieldNegativeTimes(args), { from: 'user' });
    return code;
  } catch (error) {
    return report(error);
  }
}

function report(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof CommandError) {
    const { message } = error;
    printLine(process.stderr, message.startsWith('nftoggle ') ? message : `nftoggle: ${message}`);
    return error.exitCode;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  printLine(process.stderr, `nftoggle: a fault that should not be: ${text}`);
  return exitCodes.failed;
}

function buildProgram(finish: (code: ExitCode) => void): Command {
  const program = new Command('nftoggle')
    .description('Ports stay invisible until a connection is authorised, then open for that source only.')
    .version(versionText(), '-V, --version', 'print the version')
    .helpCommand('help [command]', 'show help, of a command when it is named')
    .configureOutput({ writeErr: (text) => process.stderr.write(text.replace(/^error: /, 'nftoggle: ')) })
    .showHelpAfterError('(`nftoggle help` shows how it is used)')
    // What stands behind the name of a command is its own: `-o` is not the same everywhere.
    .enablePositionalOptions()
    .exitOverride();
  addRunning(program, finish);
  addAsking(program, finish);
  addPermitting(program);
  addWaking(program);
  addPast(program);
  addHooking(program, finish);
  program
    .command('version')
    .description('print the version')
    .action(() => printLine(process.stdout, versionText()));
  program.addHelpText('after', notes);
  return program;
}

function versionText(): string {
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

const notes = `
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 wrong configuration or cannot start, 5 the daemon is not
reachable, 6 no such service, device, person, grant, allowance, hook or dead letter, 7 timed out.`;
