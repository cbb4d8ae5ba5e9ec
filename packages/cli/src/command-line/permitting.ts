// SPDX-License-Identifier: MIT
import { type Command, Option } from 'commander';
import { type ClientOptions, outputOption, stateOption } from './options.ts';

/** Commands that change for a while who may come in. Each tells how to take it back. */
export function addPermitting(program: Command): void {
  addOpen(program);
  addClose(program);
  addBonus(program);
  addTrustClock(program);
}

interface OpenArguments extends ClientOptions {
  readonly for?: string;
  readonly until?: string;
  readonly from?: string;
  readonly why?: string;
}

function addOpen(program: Command): void {
  program
    .command('open')
    .description('open a service for a while, whatever its allow rules say; its deny rules stand')
    .argument('<service>', 'the name of a service')
    .addOption(new Option('--for <time>', 'for so long: `45m`, `2h` (default: 30m)').conflicts('until'))
    .option('--until <time>', 'until then: `18:40`, `"fri 20:55"`')
    .option('--from <source>', 'for this address, network, device, group or person (default: any)')
    .option('--why <text>', 'the reason, for those who ask later')
    .addOption(stateOption())
    .addOption(outputOption())
    .action(async (service: string, options: OpenArguments) => {
      const { openService } = await import('../commands/open.ts');
      await openService(service, options);
    });
}

function addClose(program: Command): void {
  program
    .command('close')
    .description('take back what `open` opened, before its time')
    .argument('[service]', 'the name of a service')
    .option('--from <source>', 'only what is open for this source')
    .option('--id <id>', 'only this one; `nftoggle grants` shows ids')
    .addOption(stateOption())
    .addOption(outputOption())
    .action(async (service: string | undefined, options: ClientOptions & { id?: string; from?: string }) => {
      const { closeService } = await import('../commands/close.ts');
      await closeService(service, options);
    });
}

function addBonus(program: Command): void {
  program
    .command('bonus')
    .description('give more time for today, or take some away')
    .argument('<who>', 'the name of a person, a device or a group')
    .argument('<time>', '`+15m` for more, `-30m` for less')
    .option('--why <text>', 'the reason, for those who ask later')
    .addOption(stateOption())
    .addOption(outputOption())
    .action(async (who: string, time: string, options: ClientOptions & { why?: string }) => {
      const { giveBonus } = await import('../commands/bonus.ts');
      await giveBonus(who, time, options);
    });
}

function addTrustClock(program: Command): void {
  program
    .command('trust-clock')
    .description(
      'say that the clock is right, though it was later before (`status` shows when that is needed)',
    )
    .addOption(stateOption())
    .addOption(outputOption())
    .action(async (options: ClientOptions) => {
      const { trustClock } = await import('../commands/trust-clock.ts');
      await trustClock(options);
    });
}

/**
 * The parser takes `-30m` for options. It lets the true minus sign pass, which stands for it from here on.
 */
export function shieldNegativeTimes(args: readonly string[]): string[] {
  return args.map((arg) => (args[0] === 'bonus' ? arg.replace(/^-(?=\d)/, '\u2212') : arg));
}
