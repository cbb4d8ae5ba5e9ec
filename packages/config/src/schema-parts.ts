// SPDX-License-Identifier: MIT
// The small pieces of text that the schema is made of: each is parsed once, here, and has a title, a
// description and examples for the reference page and for editors.

import { idPattern } from '@nftoggle/contracts';
import { z } from 'zod';
import { parseCountryCode } from './country-code.ts';
import { parseDnsServer } from './dns-server.ts';
import { parseDuration } from './duration.ts';
import { parseFilePath } from './file-path.ts';
import { parseInterfaceName } from './interface-name.ts';
import { parseMacAddress } from './mac-address.ts';
import { parseMarkMask } from './mark-mask.ts';
import { type Parsed, refuse } from './parsed.ts';
import { parsePortRange } from './port-range.ts';
import { parseAddressText, parseNetworkText } from './source.ts';
import { parseTimezone } from './timezone.ts';

/** What a custom issue carries beside its message. */
export interface IssueParams {
  readonly remedy: string;
}

export function parsedBy<In, Out>(parse: (input: In) => Parsed<Out>) {
  return (input: In, context: z.core.$RefinementCtx<In>): Out => {
    const parsed = parse(input);
    if (parsed.ok) return parsed.value;
    const params: IssueParams = { remedy: parsed.remedy };
    context.issues.push({ code: 'custom', message: parsed.message, params, input });
    return z.NEVER;
  };
}

export const Name = z
  .string()
  .regex(idPattern)
  .meta({
    title: 'name',
    description: 'Lower-case letters, digits, "-" and "_", starting with a letter or digit, at most 63.',
    examples: ['nas'],
  });

export const DurationText = z
  .string()
  .transform(parsedBy(parseDuration))
  .meta({
    title: 'duration',
    description: 'Whole numbers with units, biggest first: `s`, `m`, `h`, `d`. From `1s` to `365d`.',
    pattern: '^(\\d+d)?(\\d+h)?(\\d+m)?(\\d+s)?$',
    examples: ['1h', '1h30m'],
  });

/** A duration that may not be longer than `longest`, a duration itself. */
export function durationUpTo(longest: string) {
  return durationBetween('1s', longest);
}

export function durationBetween(shortest: string, longest: string) {
  const [least, most] = [parseDuration(shortest), parseDuration(longest)];
  if (!least.ok || !most.ok) throw new TypeError(`not durations: ${shortest}, ${longest}`);
  const parse = (text: string): Parsed<number> => {
    const duration = parseDuration(text);
    if (!duration.ok) return duration;
    if (duration.value < least.value)
      return refuse(`"${text}" is too short.`, `The shortest is ${shortest}.`);
    if (duration.value > most.value) return refuse(`"${text}" is too long.`, `The longest is ${longest}.`);
    return duration;
  };
  return z.string().transform(parsedBy(parse)).meta({ title: 'duration' });
}

export const PortText = z
  .string()
  .transform(parsedBy(parsePortRange))
  .meta({
    title: 'port',
    description: 'A port or a range of ports, from 1 to 65535, and `tcp` or `udp`.',
    pattern: '^\\d{1,5}(-\\d{1,5})?/(tcp|udp)$',
    examples: ['22/tcp', '3478-3480/udp'],
  });

export const MacText = z
  .string()
  .transform(parsedBy(parseMacAddress))
  .meta({
    title: 'MAC address',
    description: 'A hardware address: six pairs of hex digits with `:` or `-` between them, in any case.',
    pattern: '^[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}$',
    examples: ['00:11:32:aa:bb:cc'],
  });

export const AddressText = z
  .string()
  .transform(parsedBy(parseAddressText))
  .meta({
    title: 'address',
    description: 'One IPv4 or IPv6 address.',
    examples: ['192.168.1.20', '2001:db8::20'],
  });

export const NetworkText = z
  .string()
  .transform(parsedBy(parseNetworkText))
  .meta({
    title: 'network',
    description: 'An address, or a network as `ADDRESS/BITS`. Address bits beyond `BITS` are ignored.',
    examples: ['192.0.2.0/24', '2001:db8:7::/48'],
  });

/** Only a string here: whether it is known depends on the rest of the file. */
export const SourceText = z
  .string()
  .min(1)
  .meta({
    title: 'source',
    description:
      'Who asks: an address, a network, a DNS name (which is looked up again and again), the name of a device, group or person, `country:` and its two letters, `asn:` and the number of a provider (needs `geo.asn`), `lan` (private and link-local ranges, and those of the key `lan`), or `any`.',
    examples: ['lan', '203.0.113.7', '2001:db8:7::/48', 'tom.dyn.example', 'country:DE', 'asn:3320'],
  });

export const InterfaceText = z
  .string()
  .transform(parsedBy(parseInterfaceName))
  .meta({
    title: 'interface',
    description: 'The name of a network interface, at most 15 characters.',
    examples: ['eth0'],
  });

export const TimezoneText = z
  .string()
  .transform(parsedBy(parseTimezone))
  .meta({ title: 'time zone', description: 'An IANA name.', examples: ['Europe/Berlin', 'UTC'] });

export const CountryText = z
  .string()
  .transform(parsedBy(parseCountryCode))
  .meta({
    title: 'country',
    description: 'Two letters as in ISO 3166-1, and `XK` for Kosovo.',
    pattern: '^[a-zA-Z]{2}$',
    examples: ['DE', 'FR'],
  });

export const DnsServerText = z
  .string()
  .transform(parsedBy(parseDnsServer))
  .meta({
    title: 'DNS server',
    description: 'Its address, and its port where that is not 53.',
    examples: ['192.168.1.1', '127.0.0.1:5300', '[2001:db8::53]:5353'],
  });

export const FileText = z
  .string()
  .transform(parsedBy(parseFilePath))
  .meta({
    title: 'file',
    description: 'A path from the root.',
    pattern: '^/',
    examples: ['/etc/nftoggle/countries.mmdb'],
  });

export const MarkMaskText = z
  .union([z.int().min(0).max(0xffff_ffff), z.string()])
  .transform(parsedBy(parseMarkMask))
  .meta({
    title: 'mask',
    description: 'At least 8 bits of 32, next to each other, as a number or as hex text.',
    examples: ['0xfff00000'],
  });

/** One value where a list would have one entry; a list in every case once it is parsed. */
export function oneOrMany<T extends z.ZodType>(part: T) {
  return z
    .union([part, z.array(part).min(1)])
    .transform((value): readonly z.output<T>[] => (Array.isArray(value) ? value : [value as z.output<T>]));
}
