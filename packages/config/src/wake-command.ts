// SPDX-License-Identifier: MIT
import { parseFilePath } from './file-path.ts';
import { type Parsed, refuse } from './parsed.ts';

/** The program of a command, whose words come one by one: there is no shell that would take text apart. */
export function parseProgram(text: string, isOnlyWord: boolean): Parsed<string> {
  const words = text.trim().split(/\s+/);
  if (isOnlyWord && words.length > 1) {
    const remedy = `Write the words one by one: [${words.join(', ')}].`;
    return refuse(`${JSON.stringify(text)} is one word here, because no shell takes it apart.`, remedy);
  }
  const program = parseFilePath(text);
  if (program.ok || text.startsWith('/')) return program;
  const name = text.replace(/^.*\//, '') || 'wake-nas';
  const remedy = `Write the whole path of the program, such as /usr/local/bin/${name}.`;
  return refuse(`${JSON.stringify(text)} is not a path from the root.`, remedy);
}
