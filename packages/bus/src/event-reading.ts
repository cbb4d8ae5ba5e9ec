// SPDX-License-Identifier: MIT
import type { CloudEvent } from '@nftoggle/contracts';

/**
 * Takes events from the stream. They are acknowledged when it resolves, and come again when it rejects, when the
 * process dies, or when the connection breaks meanwhile: at least once, in the order of the stream within a track.
 * It may take as long as it likes. `signal` is aborted when the reading is to stop: what is not done then is to be
 * left (by rejecting), and comes again.
 */
export type EventHandler = (events: readonly CloudEvent[], signal: AbortSignal) => Promise<void>;

export interface EventReading {
  /** Resolves when the handler is done with what it has; nothing is handed to it after that. */
  stop(): Promise<void>;
  /** Events that are not acknowledged yet; null when the server does not say. */
  waiting(): Promise<number | null>;
}
