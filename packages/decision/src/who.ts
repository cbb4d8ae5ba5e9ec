// SPDX-License-Identifier: MIT
// Whose address a decision was about: for those who read of it later. No rule depends on it.
import { familyBits, widen } from '@nftoggle/config';
import type { Who } from '@nftoggle/contracts';
import type { Sender } from './asker.ts';
import type { CompiledPolicy } from './compile.ts';
import { isOnePlace } from './decision-prefix.ts';

/** What is true of every address that the decision holds for, which are those of `prefix` leading bits. */
export function whoOf(policy: CompiledPolicy, sender: Sender, prefix: number): Who {
  const known = sender.knownDevice();
  return {
    device: known?.device ?? null,
    person: known?.person ?? null,
    country: countryOf(policy, sender, prefix),
  };
}

function countryOf(policy: CompiledPolicy, sender: Sender, prefix: number): string | null {
  const { address } = sender;
  const country = sender.place()?.country ?? null;
  if (country === null || address === null || prefix === familyBits[address.family]) return country;
  return isOnePlace(policy, sender, widen(address, prefix)) ? country : null;
}
