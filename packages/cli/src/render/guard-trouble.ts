// SPDX-License-Identifier: MIT

/** What a guard that does not guard is called, by its state. */
export const guardTrouble = {
  removed: 'REMOVED by panic: ports are open. `nftoggle down`, then `nftoggle up` guards again',
  failed: 'FAILED: the ruleset could not be loaded, see the log of the interceptor',
} as const;
