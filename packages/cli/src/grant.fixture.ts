// SPDX-License-Identifier: MIT
import type { Grant } from '@nftoggle/contracts';

export function aGrant(change: Partial<Grant> = {}): Grant {
  return {
    id: 'k3v9x2ab',
    service: 'minecraft',
    source: 'any',
    issued: '2026-11-23T17:10:00Z',
    until: '2026-11-23T17:40:00Z',
    by: 'ada',
    why: null,
    ...change,
  };
}
