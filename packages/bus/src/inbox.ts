// SPDX-License-Identifier: MIT
import type { Daemon } from '@nftoggle/contracts';

/** Replies to a daemon's requests come back below this, and no other user may listen there. */
export function inboxPrefix(daemon: Daemon): string {
  return `_INBOX_${daemon}`;
}
