// SPDX-License-Identifier: MIT
import type { Flow } from '@nftoggle/contracts';
import { type OpenSession, sourceOf } from './sessions.ts';

/** Asks about the source of a session as it was asked about when the session was opened. */
export function questionAbout(session: OpenSession): Flow {
  return {
    service: session.service,
    protocol: 'tcp',
    source: sourceOf(session),
    sourcePort: 0,
    destination: session.address,
    destinationPort: 0,
    interface: session.link ?? session.interface,
  };
}
