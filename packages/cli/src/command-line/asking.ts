// SPDX-License-Identifier: MIT
import { type Command, Option } from 'commander';
import type { ExitCode } from '../exit-codes.ts';
import type { OutputFormat } from '../output.ts';
import { type ClientOptions, configOption, outputOption, stateOption } from './options.ts';

/** Commands that show how things are, and change nothing. */
export function addAsking(program: Command, finish: (code: ExitCode) => void): void {
  addStatus(program);
  addWhy(program);
  addSchedule(program);
  addLists(program);
  addCheck(program, finish);
}

function addStatus(program: Command): void {
  program
    .command('status')
    .description('what is guarded, who is in, and whether all is well')
    .addOption(stateOption())
    .addOption(outputOption())
    .action(async (options: ClientOptions) => {
      const { showStatus } = await import('../commands/status.ts');
      await showStatus(options);
    });
}

function addWhy(program: Command): void {
  program
    .command('why')
    .description('why a source may, or may not, use a service, and when it may next')
    .argument('<source>', 'an address, or the name of a device or person')
    .argument('<service>', 'the name of a service')
    .option('--at <time>', 'at another time: `18:40`, `"fri 20:55"`, `2026-12-24T18:00`')
    .addOption(configOption())
    .addOption(stateOption())
    .addOption(outputOption())
    .action(
      async (source: string, service: string, options: ClientOptions & { at?: string; config?: string }) => {
        const { explainDecision } = await import('../commands/why.ts');
        await explainDecision(source, service, options);
      },
    );
}

function addSchedule(program: Command): void {
  program
    .command('schedule')
    .description('when a person, a device or a service has access in the coming days')
    .argument('<name>', 'the name of a person, a device or a service')
    .addOption(new Option('--week', 'seven days from today: what it shows anyway').conflicts('days'))
    .option('--days <number>', 'so many days from today, 31 at most (default: 7)')
    .addOption(configOption())
    .addOption(stateOption())
    .addOption(outputOption())
    .action(async (name: string, options: ClientOptions & { days?: string; config?: string }) => {
      const { showSchedule } = await import('../commands/schedule.ts');
      await showSchedule(name, options);
    });
}

function addLists(program: Command): void {
  program
    .command('grants')
    .description('what somebody opened for a while (`open`), and until when')
    .addOption(stateOption())
    .addOption(outputOption())
    .action(async (options: ClientOptions) => {
      const { listGrants } = await import('../commands/grants.ts');
      await listGrants(options);
    });
  program
    .command('allowances')
    .description('how much time is left today, this week and this month')
    .argument('[who]', 'the name of a person, a device or a group (default: all)')
    .addOption(stateOption())
    .addOption(outputOption())
    .action(async (who: string | undefined, options: ClientOptions) => {
      const { listAllowances } = await import('../commands/allowances.ts');
      await listAllowances(who, options);
    });
}

function addCheck(program: Command, finish: (code: ExitCode) => void): void {
  program
    .command('check')
    .description('read a configuration as the daemons would, and change nothing')
    .argument('<file>', 'the configuration')
    .addOption(outputOption())
    .action(async (file: string, { output }: { output: OutputFormat }) => {
      const { checkConfig } = await import('../commands/check.ts');
      finish(await checkConfig(file, output));
    });
}
