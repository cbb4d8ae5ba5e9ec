// SPDX-License-Identifier: MIT
import { eventTypes } from '@nftoggle/contracts';
import { Argument, type Command, Option } from 'commander';
import type { EventsOptions } from '../commands/events.ts';
import type { StatsListOptions, StatsOptions } from '../commands/stats.ts';
import type { ExportOptions } from '../commands/stats-export.ts';
import { jsonOption, optionsOf, outputOption, stateOption } from './options.ts';

/** Commands about what happened, and what happens now. */
export function addPast(program: Command): void {
  addEvents(program);
  addStats(program);
}

function addEvents(program: Command): void {
  program
    .command('events')
    .description('what happened, oldest first, an event a line; with -f also what happens now')
    .option('-f, --follow', 'go on with each event as it happens, until Ctrl-C')
    .addOption(new Option('--type <types...>', 'only events of these types').choices([...eventTypes]))
    .option('--service <name>', 'only events about this service')
    .option('--since <time>', 'from then on: `1h` (ago), `18:40`, `yesterday` (default: the last few)')
    .option('--limit <number>', 'so many of the past at most (default: 20, with --since 1000)')
    .addOption(stateOption())
    .addOption(outputOption())
    .addOption(jsonOption())
    .addHelpText('after', eventsHelp)
    .action(async (options: EventsOptions) => {
      const { showEvents } = await import('../commands/events.ts');
      await showEvents(options);
    });
}

const eventsHelp = `
Examples:
  nftoggle events -f                          the last events, and all that come
  nftoggle events -f --type access_denied     who is refused, as it happens
  nftoggle events --since yesterday --service ssh
  nftoggle events --since 1h --json | jq .data

With --json each line is one CloudEvent. Following goes on when nftoggle is
started anew.`;

const spanHelp = `
Times are written as people say them: \`7d\` (ago), \`18:40\`, \`"fri 20:55"\`,
\`yesterday\`, \`2026-11-01\`, or ISO 8601, in the time zone of the configuration.
Without any it is about the last seven days.`;

/** Which part of the past, and whose. */
function withSpan(command: Command): Command {
  return command
    .option('--since <time>', 'from then on (default: 7d)')
    .option('--from <time>', 'the same as --since')
    .option('--to <time>', 'until then (default: now)')
    .option('--service <name>', 'only this service')
    .option('--person <name>', 'only this person');
}

function addStats(program: Command): void {
  const stats = withSpan(program.command('stats'))
    .description('how much each service, person and source was let in, used and refused')
    .helpCommand(false)
    .enablePositionalOptions()
    .addOption(stateOption())
    .addOption(outputOption())
    .addOption(jsonOption())
    .addHelpText('after', `${spanHelp}${statsExamples}`)
    .action(async (options: StatsOptions) => {
      const { showStats } = await import('../commands/stats.ts');
      await showStats(options);
    });
  addStatsList(stats, 'sessions', 'sessions, newest first: who used what, for how long, and why it ended');
  addStatsList(stats, 'denials', 'who was refused, newest first, how often and why');
  addExport(stats);
}

const statsExamples = `

Examples:
  nftoggle stats --since 30d --person leo
  nftoggle stats denials --service ssh --limit 100
  nftoggle stats export sessions --since 2026-01-01 -o sessions.csv`;

function addStatsList(stats: Command, name: 'sessions' | 'denials', description: string): void {
  withSpan(stats.command(name))
    .description(description)
    .option('--limit <number>', 'so many at most, 500 at most (default: 30)')
    .addOption(stateOption())
    .addOption(outputOption())
    .addOption(jsonOption())
    .addHelpText('after', spanHelp)
    .action(async (_options: unknown, command: Command) => {
      const { listDenials, listSessions } = await import('../commands/stats.ts');
      await (name === 'sessions' ? listSessions : listDenials)(optionsOf<StatsListOptions>(command));
    });
}

function addExport(stats: Command): void {
  withSpan(stats.command('export'))
    .description('everything of a span as a file for other programs, newest first')
    .addArgument(new Argument('<what>', 'what it is').choices(['sessions', 'denials', 'events', 'days']))
    .addOption(
      new Option('--format <format>', 'form of the file').choices(['csv', 'json', 'ndjson']).default('csv'),
    )
    .option('-o, --output <file>', 'write there (default: to standard output)')
    .addOption(stateOption())
    .addHelpText('after', `${spanHelp}${exportHelp}`)
    .action(async (what: string, _options: unknown, command: Command) => {
      const { exportStats } = await import('../commands/stats-export.ts');
      await exportStats(what, exportOptions(command));
    });
}

/** Above `export` an output is a form, and here a file. */
function exportOptions(command: Command): ExportOptions {
  const { output: _above, ...options } = optionsOf<ExportOptions>(command);
  const { output } = command.opts<ExportOptions>();
  return output === undefined ? options : { ...options, output };
}

const exportHelp = `

CSV is as RFC 4180 has it, in UTF-8; texts that a spreadsheet would take for a
formula begin with '. Of events there are those that are still kept
(\`stats.keep\`), of days all.

Examples:
  nftoggle stats export sessions --since 30d -o sessions.csv
  nftoggle stats export events --format ndjson | jq -r .type | sort | uniq -c`;
