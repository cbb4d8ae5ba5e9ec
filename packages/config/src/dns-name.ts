// SPDX-License-Identifier: MIT
// Names that are looked up: `tom.dyn.example`.
import { domainToASCII } from 'node:url';
import { accept, type Parsed, refuse } from './parsed.ts';

const label = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;
// No top-level domain is a single letter or begins with a digit; `192.168.1.x` is an address gone wrong.
const topLevel = /^[a-z][a-z0-9-]*[a-z0-9]$/;

/** Lower case, without the dot at the end. Names of one word are names of the file, and not looked up. */
export function parseDnsName(text: string): Parsed<string> {
  const name = text.toLowerCase().replace(/\.$/, '');
  const labels = name.split('.');
  const wellFormed = labels.every((one) => label.test(one)) && topLevel.test(labels.at(-1) ?? '');
  if (!wellFormed || labels.length < 2)
    return refuse(`${JSON.stringify(text)} is not a DNS name.`, remedyFor(text));
  if (name.length <= 253) return accept(name);
  return refuse('The DNS name is too long.', 'A DNS name has at most 253 characters.');
}

/** Is it more likely a name that went wrong than an address that did? */
export function looksLikeDnsName(text: string): boolean {
  return /\.\p{L}[\p{L}\d-]*[\p{L}\d]\.?$/u.test(hostOf(text));
}

/** Without what a URL has beside it. */
function hostOf(text: string): string {
  return text.replace(/^[a-z]+:\/\//i, '').replace(/[:/].*$/, '');
}

function remedyFor(text: string): string {
  const name = hostOf(text);
  if (name !== text && parseDnsName(name).ok) return `Write the name alone: ${name}.`;
  if (text.includes('*')) return 'Write each name in full: there is no way to look up a wildcard.';
  if (/\s/.test(text)) return 'Remove the space, or make an entry of each name.';
  if (text.includes('_')) return 'Names of hosts have no "_": check how the name is written.';
  const ascii = domainToASCII(name);
  if (ascii !== '' && ascii !== name.toLowerCase() && parseDnsName(ascii).ok) return `Write it as ${ascii}.`;
  return 'Write letters, digits and "-" with dots between them, such as tom.dyn.example.';
}
