// SPDX-License-Identifier: MIT
import { accept, type Parsed, refuse } from './parsed.ts';
import type { PortRange } from './types.ts';

const lastPort = 65_535;

/** `22/tcp` or `3478-3480/udp`. */
export function parsePortRange(text: string): Parsed<PortRange> {
  const parts = /^(\d+)(?:-(\d+))?\/(tcp|udp)$/.exec(text);
  if (parts === null) return refuse(`${JSON.stringify(text)} is not a port.`, remedyFor(text));
  const [, fromText = '', toText = fromText, protocolText] = parts;
  const [from, to] = [Number(fromText), Number(toText)];
  const protocol = protocolText === 'udp' ? 'udp' : 'tcp';
  if ([from, to].some((port) => port < 1 || port > lastPort)) {
    return refuse(`"${text}" is out of range.`, `Ports go from 1 to ${lastPort}.`);
  }
  if (from > to) return refuse(`"${text}" runs backwards.`, `Write ${to}-${from}/${protocol}.`);
  return accept({ protocol, from, to });
}

export function formatPortRange(range: PortRange): string {
  const ports = range.from === range.to ? `${range.from}` : `${range.from}-${range.to}`;
  return `${ports}/${range.protocol}`;
}

/** Is there a port that is in both? */
export function portsOverlap(a: PortRange, b: PortRange): boolean {
  return a.protocol === b.protocol && a.from <= b.to && b.from <= a.to;
}

/** The ways people write a port elsewhere (`22`, `tcp/22`, `22/TCP`, `1:5/udp`), turned into ours. */
function remedyFor(text: string): string {
  const protocol = /udp/i.test(text) ? 'udp' : 'tcp';
  const ports = /^(?:(?:tcp|udp)\s*[/: ]\s*)?(\d+)(?:\s*[-:]\s*(\d+))?(?:\s*[/: ]\s*(?:tcp|udp))?$/i.exec(
    text.trim(),
  );
  if (ports === null) return 'Write the port and its protocol, such as 22/tcp or 3478-3480/udp.';
  const range = ports[2] === undefined ? ports[1] : `${ports[1]}-${ports[2]}`;
  const either = /tcp|udp/i.test(text) ? '' : `, or "${range}/udp"`;
  return `Write "${range}/${protocol}"${either}.`;
}
