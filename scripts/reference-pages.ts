// SPDX-License-Identifier: MIT
// Every page of docs/reference, from what the programs themselves go by.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { configJsonSchema, configReference } from '@nftoggle/config';
import { asyncApiDocument } from './asyncapi.ts';
import { metricsReference } from './metrics-reference.ts';
import { subjectsReference } from './subjects-reference.ts';

/** File name → content. */
export function referencePages(): ReadonlyMap<string, string> {
  return new Map([
    ['configuration.md', configReference()],
    ['nftoggle.schema.json', `${JSON.stringify(configJsonSchema(), null, 2)}\n`],
    ['subjects.md', subjectsReference()],
    ['asyncapi.yaml', asyncApiDocument()],
    ['metrics.md', metricsReference()],
    ['cli.md', commandReference()],
  ]);
}

const program = join(import.meta.dirname, '../packages/cli/src/main.ts');

/** The help of the program, of each of its commands, and of theirs, as it prints them. */
function commandReference(): string {
  const section = (command: readonly string[]): readonly string[] => {
    const text = help(command);
    const title = ['nftoggle', ...command].join(' ');
    return [
      `## ${title}\n\n\`\`\`\n${text.trim()}\n\`\`\``,
      ...commandsIn(text).flatMap((name) => section([...command, name])),
    ];
  };
  return [
    '# nftoggle, the command',
    'Generated from the help of the program: change it there.',
    ...section([]),
  ]
    .join('\n\n')
    .concat('\n');
}

function commandsIn(text: string): readonly string[] {
  const [, list = ''] = /\nCommands:\n([\s\S]*?)(\n\n|$)/.exec(text) ?? [];
  return [...list.matchAll(/^ {2}([\w-]+)/gm)].map(([, name = '']) => name).filter((name) => name !== 'help');
}

function help(command: readonly string[]): string {
  const env = { ...process.env, NO_COLOR: '1' };
  return execFileSync(process.execPath, [program, ...command, '--help'], { encoding: 'utf8', env });
}
