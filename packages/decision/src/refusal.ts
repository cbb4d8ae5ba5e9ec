// SPDX-License-Identifier: MIT
// Questions that have no answer, told so that the next one has.
import { parseNetwork, suggest } from '@nftoggle/config';
import type { Refusal } from '@nftoggle/contracts';
import type { CompiledPolicy } from './compile.ts';

/** Names that a message lists before the rest becomes "…". */
const listedNames = 20;

export function unknownService(policy: CompiledPolicy, name: string): Refusal {
  const names = [...policy.services.keys()];
  const message = `There is no service ${JSON.stringify(name)}. ${hint(name, 'service', names)}`;
  return { error: 'unknown_service', message };
}

export function unknownSource(policy: CompiledPolicy, text: string): Refusal {
  return { error: 'unknown_source', message: sourceMessage(policy, text) };
}

function sourceMessage(policy: CompiledPolicy, text: string): string {
  if (policy.groups.has(text)) return `"${text}" is a group. Ask about an address or a device of it.`;
  if (parseNetwork(text) !== null) return `${text} is a network. Ask about one address of it.`;
  const names = [...policy.devices.keys()];
  return `${JSON.stringify(text)} is neither an address nor a device. ${hint(text, 'device', names)}`;
}

function hint(name: string, kind: 'service' | 'device', names: readonly string[]): string {
  const near = suggest(name, names);
  if (near !== null) return `Did you mean the ${kind} "${near}"?`;
  if (names.length === 0) return `The configuration has no ${kind}s.`;
  const more = names.length > listedNames ? ', …' : '';
  return `The ${kind}s are: ${names.slice(0, listedNames).join(', ')}${more}.`;
}
