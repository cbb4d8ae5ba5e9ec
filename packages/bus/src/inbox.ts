// SPDX-License-Identifier: MIT
import type { Daemon } from '@nftoggle/contracts';

/** Who says something into an inbox: a daemon that was asked, or the NATS server itself. */
export type Answerer = Daemon | 'nats';

/**
 * What `answerer` says to a daemon alone comes below this. No other user may listen there, and none but the answerer
 * may publish there: an inbox names both.
 */
export function inboxPrefix(daemon: Daemon, answerer: Answerer | '*'): string {
  return `_INBOX_${daemon}.${answerer}`;
}
