// SPDX-License-Identifier: MIT
import { Option } from 'commander';
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

/** Without a daemon: what a file says by itself. */
export function configOption(): Option {
  return new Option('--config <file>', 'ask this file instead of the running nftoggle').conflicts('state');
}
