// SPDX-License-Identifier: MIT
// Files that hooks name, as they are on this machine. It need not be the one that the configuration is for.
import { readFileSync, type Stats, statSync } from 'node:fs';
import type { Config, Hook } from '@nftoggle/config';

export function hookWarnings(hooks: Config['hooks']): string[] {
  return [...hooks.values()].flatMap((hook) =>
    troubles(hook).map((trouble) => `hooks.${hook.name}: ${trouble}`),
  );
}

function troubles({ action }: Hook): string[] {
  if (action.kind === 'script') return scriptTrouble(action.argv[0] ?? '');
  return [
    ...secretTrouble(action.secretFile, 'nothing is sent without its signature'),
    ...secretTrouble(action.tokenFile, 'nothing is sent without its token'),
  ];
}

function scriptTrouble(program: string): string[] {
  const found = lookAt(program);
  if (typeof found === 'string') return [`${program} ${found}, so it cannot be run`];
  if (!found.isFile()) return [`${program} is no file, so it cannot be run`];
  return (found.mode & 0o111) === 0 ? [`${program} is not executable: chmod +x ${program}`] : [];
}

function secretTrouble(file: string | null, consequence: string): string[] {
  if (file === null) return [];
  const found = lookAt(file);
  if (typeof found === 'string') return [`${file} ${found}, and ${consequence}`];
  try {
    return readFileSync(file, 'utf8').trim() === '' ? [`${file} is empty, and ${consequence}`] : [];
  } catch {
    // Whoever checks a configuration need not be allowed to read its secrets.
    return found.isFile() ? [] : [`${file} is no file, and ${consequence}`];
  }
}

function lookAt(path: string): Stats | string {
  try {
    return statSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'does not exist' : `cannot be looked at (${code})`;
  }
}
