// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { CommandError, type ExitCode, exitCodes } from './exit-codes.ts';
import { type OutputFormat, outputFormats, printLine } from './output.ts';
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
    await program.parseAsync(args.length === 0 ? ['help'] : args, { from: 'user' });
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
    .exitOverride();
  addRunning(program, finish);
  addClients(program, finish);
  program.addHelpText('after', notes);
  return program;
}

function addRunning(program: Command, finish: (code: ExitCode) => void): void {
  program
    .command('up')
    .description('guard the ports: start the daemons and keep them running, in the foreground (as root)')
    .option('--config <file>', 'the configuration (default: /etc/nftoggle/nftoggle.yml, or in --state)')
    .addOption(stateOption())
    .option('-v, --verbose', 'print every line that the daemons log, not only warnings')
    .action(async (options: { config?: string; state?: string; verbose?: boolean }) => {
      const { up } = await import('./up/up.ts');
      finish(await up(options));
    });
  program
    .command('down')
    .description('stop a running `up` and remove the guard: the ports are open again (as root)')
    .addOption(stateOption())
    .action(async (options: { state?: string }) => {
      const { down } = await import('./commands/down.ts');
      await down(options);
    });
  program
    .command('demo [name]')
    .description('watch it work, with real packets in a network of its own (as root)')
    .action(async (name: string | undefined) => {
      const { demo } = await import('./demo/demo.ts');
      finish(await demo(name ?? 'invisible-ssh'));
    });
  program
    .command('test [files...]')
    .description('run everything that CI runs, or the tests of some files only (as root)')
    .action(async (files: string[]) => {
      const { test } = await import('./commands/test.ts');
      finish(await test(files));
    });
  program
    .command('bench')
    .description('measure what it costs, beside a plain C loop and beside nothing (as root)')
    .option('--quick', 'see that everything works in half a minute; the figures mean little')
    .option('--json <file>', 'where all figures go (default: bench/results/latest.json)')
    .action(async (options: { quick?: boolean; json?: string }) => {
      const { bench } = await import('./commands/bench.ts');
      finish(await bench(options));
    });
  // These two are the launcher's, in bash; they stand here for the help.
  program
    .command('panic')
    .description('remove the guard at once, whatever else is broken (as root)')
    .option('--state <dir>', 'accepted and ignored: a network namespace has one guard');
  program
    .command('setup')
    .description('install what nftoggle runs on; does nothing when all is there (as root)')
    .option('--demo', 'also what `nftoggle demo` uses')
    .option('--test', "also what `nftoggle test` uses, the demo's things included")
    .option('--quiet', 'not a word when all is there');
}

function addClients(program: Command, finish: (code: ExitCode) => void): void {
  program
    .command('status')
    .description('what is guarded, who is in, and whether all is well')
    .addOption(stateOption())
    .addOption(outputOption())
    .action(async (options: { state?: string; output: OutputFormat }) => {
      const { showStatus } = await import('./commands/status.ts');
      await showStatus(options);
    });
  program
    .command('why')
    .description('why a source may, or may not, use a service')
    .argument('<source>', 'an address, or the name of a device')
    .argument('<service>', 'the name of a service')
    .addOption(stateOption())
    .addOption(outputOption())
    .action(async (source: string, service: string, options: { state?: string; output: OutputFormat }) => {
      const { explainDecision } = await import('./commands/why.ts');
      await explainDecision(source, service, options);
    });
  program
    .command('check')
    .description('read a configuration as the daemons would, and change nothing')
    .argument('<file>', 'the configuration')
    .addOption(outputOption())
    .action(async (file: string, { output }: { output: OutputFormat }) => {
      const { checkConfig } = await import('./commands/check.ts');
      finish(await checkConfig(file, output));
    });
  program
    .command('version')
    .description('print the version')
    .action(() => printLine(process.stdout, versionText()));
}

function stateOption(): Option {
  return new Option('--state <dir>', 'the directory of an nftoggle of its own (default: /var/lib/nftoggle)');
}

function outputOption(): Option {
  return new Option('-o, --output <format>', 'form of the answer')
    .choices([...outputFormats])
    .default('table');
}

function versionText(): string {
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

const notes = `
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 wrong configuration or cannot start, 5 the daemon is not
reachable, 6 no such service or device.`;
