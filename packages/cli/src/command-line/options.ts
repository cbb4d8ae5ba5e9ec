// SPDX-License-Identifier: MIT
import { type Command, Option } from 'commander';
import { type OutputFormat, outputFormats } from '../output.ts';

/** What every command has that asks a running nftoggle. */
export interface ClientOptions {
  readonly state?: string;
  readonly output: OutputFormat;
}

export function stateOption(): Option {
  return new Option('--state <dir>', 'the directory of an nftoggle of its own (default: /var/lib/nftoggle)');
}

export function outputOption(): Option {
  return new Option('-o, --output <format>', 'form of the answer')
    .choices([...outputFormats])
    .default('table');
}

export function jsonOption(): Option {
  return new Option('--json', 'the same as `-o json`').implies({ output: 'json' });
}

/** Without a daemon: what a file says by itself. */
export function configOption(): Option {
  return new Option('--config <file>', 'ask this file instead of the running nftoggle').conflicts('state');
}

/**
 * The options of a command below another one, with those that stand before its name: `stats --since 1d sessions` means
 * what `stats sessions --since 1d` does.
 */
export function optionsOf<T extends object>(command: Command): T {
  const own = command.opts();
  const above = command.parent;
  const given = Object.entries(above?.opts() ?? {}).filter(
    ([name]) =>
      above?.getOptionValueSource(name) !== 'default' && command.getOptionValueSource(name) !== 'cli',
  );
  return { ...own, ...Object.fromEntries(given) } as T;
}
