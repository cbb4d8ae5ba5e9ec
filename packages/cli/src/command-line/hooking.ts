// SPDX-License-Identifier: MIT
import { eventTypes } from '@nftoggle/contracts';
import { type Command, Option } from 'commander';
import type { HooksOptions, LettersOptions } from '../commands/hooks.ts';
import type { ExitCode } from '../exit-codes.ts';
import { jsonOption, optionsOf, outputOption, stateOption } from './options.ts';

/** Commands about what is done when something happens. */
export function addHooking(program: Command, finish: (code: ExitCode) => void): void {
  const hooks = program
    .command('hooks')
    .description('the hooks, what waits for them, and what they did not get')
    .helpCommand(false)
    .enablePositionalOptions()
    .addOption(stateOption())
    .addOption(outputOption())
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (options: HooksOptions) => {
      const { listHooks } = await import('../commands/hooks.ts');
      await listHooks(options);
    });
  addTest(hooks, finish);
  addDead(hooks);
  addRetry(hooks, finish);
  addDiscard(hooks);
}

const help = `
An event that a hook did not get, however often it was tried, is a dead letter.
It is kept until it is tried again with success (\`retry\`) or thrown away
(\`discard\`).

Examples:
  nftoggle hooks test phone --type access_denied
  nftoggle hooks dead
  nftoggle hooks retry --all phone`;

function addTest(hooks: Command, finish: (code: ExitCode) => void): void {
  hooks
    .command('test')
    .description('deliver an example event now, once, and say what came of it')
    .argument('<name>', 'the name of a hook')
    .addOption(
      new Option('--type <type>', 'of the example (default: the first that the hook is for)').choices([
        ...eventTypes,
      ]),
    )
    .addOption(stateOption())
    .addOption(outputOption())
    .addOption(jsonOption())
    .action(async (name: string, _options: unknown, command: Command) => {
      const { testHook } = await import('../commands/hooks.ts');
      finish(await testHook(name, optionsOf<HooksOptions & { type?: string }>(command)));
    });
}

function addDead(hooks: Command): void {
  hooks
    .command('dead')
    .description('dead letters: events that hooks did not get, newest first, and why')
    .argument('[name]', 'only those of this hook')
    .option('--limit <number>', 'so many at most, 500 at most (default: 30)')
    .addOption(stateOption())
    .addOption(outputOption())
    .addOption(jsonOption())
    .action(async (name: string | undefined, _options: unknown, command: Command) => {
      const { listLetters } = await import('../commands/hooks.ts');
      await listLetters(name, optionsOf<HooksOptions & { limit?: string }>(command));
    });
}

const target =
  'the id of a dead letter, or its beginning; with --all, the name of a hook (default: all hooks)';

function addRetry(hooks: Command, finish: (code: ExitCode) => void): void {
  hooks
    .command('retry')
    .description('try dead letters again, once, oldest first; what is delivered is gone from the list')
    .argument('[id-or-name]', target)
    .option('--all', 'all of them; a hook is left alone after three failures in a row')
    .addOption(stateOption())
    .action(async (what: string | undefined, _options: unknown, command: Command) => {
      const { retryLetters } = await import('../commands/hooks-letters.ts');
      finish(await retryLetters(what, optionsOf<LettersOptions>(command)));
    });
}

function addDiscard(hooks: Command): void {
  hooks
    .command('discard')
    .description('throw dead letters away without another try')
    .argument('[id-or-name]', target)
    .option('--all', 'all of them')
    .addOption(stateOption())
    .action(async (what: string | undefined, _options: unknown, command: Command) => {
      const { discardLetters } = await import('../commands/hooks-letters.ts');
      await discardLetters(what, optionsOf<LettersOptions>(command));
    });
}
