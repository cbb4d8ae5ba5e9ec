// SPDX-License-Identifier: MIT
import { userInfo } from 'node:os';

/** Who is at the keyboard: behind sudo, the one who called it. */
export function currentUser(env: NodeJS.ProcessEnv = process.env): string {
  const { SUDO_USER } = env;
  if (SUDO_USER !== undefined && SUDO_USER !== '') return SUDO_USER.slice(0, 100);
  try {
    return userInfo().username.slice(0, 100);
  } catch {
    // An id without a name, as in a container.
    return `user ${process.getuid?.() ?? 'unknown'}`;
  }
}
