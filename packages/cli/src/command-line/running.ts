// SPDX-License-Identifier: MIT
import type { Command } from 'commander';
import type { ExitCode } from '../exit-codes.ts';
import { resolvePaths } from '../paths.ts';
import { stateOption } from './options.ts';

/** Commands that start, stop and try nftoggle. */
export function addRunning(program: Command, finish: (code: ExitCode) => void): void {
  program
    .command('up')
    .description('guard the ports: start the daemons and keep them running, in the foreground (as root)')
    .option('--config <file>', 'the configuration (default: /etc/nftoggle/nftoggle.yml, or in --state)')
    .addOption(stateOption())
    .option('-v, --verbose', 'print every line that the daemons log, not only warnings')
    .action(async (options: { config?: string; state?: string; verbose?: boolean }) => {
      const { up } = await import('../up/up.ts');
      finish(await up(options));
    });
  program
    .command('down')
    .description('stop a running `up` and remove the guard: the ports are open again (as root)')
    .addOption(stateOption())
    .action(async (options: { state?: string }) => {
      const { down } = await import('../commands/down.ts');
      await down(options);
    });
  program
    .command('demo [name]')
    .description('watch it work, with real packets in a network of its own (as root)')
    .action(async (name: string | undefined) => {
      const { demo } = await import('../demo/demo.ts');
      finish(await demo(name ?? 'invisible-ssh'));
    });
  program
    .command('test [files...]')
    .description('run everything that CI runs, or the tests of some files only (as root)')
    .action(async (files: string[]) => {
      const { test } = await import('../commands/test.ts');
      finish(await test(files));
    });
  program
    .command('bench')
    .description('measure what it costs, beside a plain C loop and beside nothing (as root)')
    .option('--quick', 'see that everything works in half a minute; the figures mean little')
    .option('--json <file>', 'where all figures go (default: bench/results/latest.json)')
    .action(async (options: { quick?: boolean; json?: string }) => {
      const { bench } = await import('../commands/bench.ts');
      finish(await bench(options));
    });
  program
    .command('prepare')
    .description('make what the containers of nftoggle share (docker-compose.yml runs it before the others)')
    .action(async () => {
      const { prepare } = await import('../container/prepare.ts');
      await prepare(resolvePaths({}));
    });
  addLaunchers(program);
}

/** Those are the launcher's, in bash; they stand here for the help. */
function addLaunchers(program: Command): void {
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
  program
    .command('install')
    .description(
      'have systemd shut the guarded ports at each boot before the network is up, and run `up` (as root)',
    )
    .option('--boot-only', 'only shut the ports: somebody else starts nftoggle, such as Docker')
    .addOption(stateOption())
    .option('--config <file>', 'the configuration that `up` reads')
    .option('--root <dir>', 'install into this directory tree, for an image');
  program
    .command('uninstall')
    .description('stop and remove what `install` installed; configuration, state and guard stay (as root)')
    .option('--purge', 'remove those as well')
    .option('--state <dir>', 'where the state is, if not where `install` was told')
    .option('--root <dir>', 'uninstall from this directory tree');
}
