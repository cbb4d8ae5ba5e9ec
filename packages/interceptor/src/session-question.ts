// SPDX-License-Identifier: MIT
import { formatNetwork } from '@nftoggle/config';
import type { Flow } from '@nftoggle/contracts';
import type { OpenSession } from './sessions.ts';

/** Asks about the source of a session as it was asked about when the session was opened. */
export function questionAbout(session: OpenSession): Flow {
  const [address = ''] = formatNetwork(session.covers).split('/');
  return {
    service: session.service,
    protocol: 'tcp',
    source: {
      address,
      ...(session.mac === null ? {} : { mac: session.mac }),
      ...(session.outside ? { outside: true } : {}),
    },
    sourcePort: 0,
    destination: address,
    destinationPort: 0,
    interface: session.link ?? session.interface,
  };
}
