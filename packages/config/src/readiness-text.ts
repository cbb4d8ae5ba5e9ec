// SPDX-License-Identifier: MIT
import { parseDuration } from './duration.ts';
import { accept, type Parsed, refuse } from './parsed.ts';
import { parsePortRange } from './port-range.ts';
import { suggest } from './suggest.ts';
import type { Readiness } from './types.ts';

/** `asked`, `25565/tcp` (or `tcp/25565`), `ping`, or `settle 20s`. */
export function parseReadiness(text: string): Parsed<Readiness> {
  if (text === 'asked' || text === 'ping') return accept({ kind: text });
  const settle = /^settle(?:\s+(.*))?$/.exec(text);
  if (settle !== null) return parseSettle(settle[1]);
  const turned = text.replace(/^(tcp|udp)\/(.*)$/, '$2/$1');
  if (/\d/.test(text)) return parseReadyPort(turned);
  const near = suggest(text, ['asked', 'ping', 'settle']);
  const remedy =
    near === null
      ? 'Write asked, ping, "settle 20s", or a TCP port such as 22/tcp.'
      : `Did you mean "${near}"?`;
  return refuse(`${JSON.stringify(text)} does not say when a device is ready.`, remedy);
}

function parseSettle(text: string | undefined): Parsed<Readiness> {
  if (text === undefined) return refuse('"settle" alone says no time.', 'Write how long: settle 20s.');
  const seconds = parseDuration(text);
  return seconds.ok ? accept({ kind: 'settle', seconds: seconds.value }) : seconds;
}

function parseReadyPort(text: string): Parsed<Readiness> {
  const range = parsePortRange(text);
  if (!range.ok) return /^\d+$/.test(text) ? refuse(range.message, `Write "${text}/tcp".`) : range;
  const { protocol, from, to } = range.value;
  if (protocol === 'udp') {
    const remedy = 'Name a TCP port of the same device, such as 22/tcp, or write ping, or "settle 20s".';
    return refuse(`"${text}" cannot say it: most UDP ports answer nothing when they are knocked at.`, remedy);
  }
  if (from !== to) return refuse(`"${text}" is several ports.`, `Write one of them: ${from}/tcp.`);
  return accept({ kind: 'tcp', port: from });
}
