// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';

/**
 * The address that the admin's own SSH connection comes from. `sudo` takes SSH_CONNECTION out of the
 * environment, so the processes that started us are asked as well.
 */
export function findAdminAddress(): string | undefined {
  let pid: number | undefined = process.pid;
  for (let steps = 0; pid !== undefined && pid > 0 && steps < 16; steps += 1) {
    const address = addressOf(environmentOf(pid));
    if (address !== undefined) return address;
    pid = parentOf(pid);
  }
  return undefined;
}

/** Without what only this machine can make sense of: a zone (`%eth0`) or the IPv4-mapped form. */
export function addressOf(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const [first = ''] = (env.SSH_CONNECTION ?? env.SSH_CLIENT ?? '').split(' ');
  const address = first.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
  return isIP(address) === 0 ? undefined : address;
}

function environmentOf(pid: number): Record<string, string> {
  const pairs = readOrEmpty(`/proc/${pid}/environ`)
    .split('\0')
    .map((entry) => {
      const at = entry.indexOf('=');
      return [entry.slice(0, at), entry.slice(at + 1)];
    });
  return Object.fromEntries(pairs);
}

function parentOf(pid: number): number | undefined {
  const match = /^PPid:\t(\d+)$/m.exec(readOrEmpty(`/proc/${pid}/status`));
  return match === null ? undefined : Number(match[1]);
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not ours to look at.
    return '';
  }
}
