// SPDX-License-Identifier: MIT
// The sections about the machine and not about who may do what.
import { z } from 'zod';
import { parseRetention } from './duration.ts';
import { type Parsed, refuse } from './parsed.ts';
import { DnsServerText, durationUpTo, FileText, MarkMaskText, parsedBy } from './schema-parts.ts';
import { ClockText } from './schema-time.ts';
import { parseSize } from './size-text.ts';

export const KernelText = z
  .strictObject({
    queue: z.int().min(0).max(65_534).default(4242).meta({
      description: 'Number of the first of two kernel queues (NFQUEUE); the next number is used too.',
    }),
    mark_mask: MarkMaskText.prefault('0xfff00000').meta({
      description: 'The bits of packet and connection marks that nftoggle may use; others keep theirs.',
    }),
    ipv6_prefix: z.int().min(32).max(128).default(64).meta({
      description:
        'The widest IPv6 prefix, in bits, that one decision may open: devices change their address within 64.',
    }),
  })
  .meta({ description: 'Numbers that may have to give way to other software on this machine.' });

export const LimitsText = z
  .strictObject({
    held: z.int().min(1).max(65_536).default(4096).meta({ description: 'Packets held at once.' }),
    waking: z.int().min(1).max(65_536).optional().meta({
      description: 'How many of them may wait for devices that are being woken.',
      computedDefault: '1024, or half of `held` where that is less',
    }),
    known_per_second: z.int().min(1).max(1_000_000).default(2000).meta({
      description: 'First packets per second from sources that a rule could allow.',
    }),
    strangers_per_second: z.int().min(1).max(1_000_000).default(200).meta({
      description: 'First packets per second from all other sources together.',
    }),
    stranger_per_minute: z.int().min(1).max(1_000_000).default(12).meta({
      description: 'First packets per minute from the network of one such source (IPv4 /24, IPv6 /56).',
    }),
    sessions: z.int().min(1).max(1_048_576).default(65_536).meta({
      description: 'Sessions of one service, for each address family.',
    }),
  })
  .meta({ description: 'What a flood may use up. More is dropped, and counted.' });

export const MeteringText = z
  .strictObject({
    tick: durationUpTo('60s').prefault('15s').meta({
      description: 'How often use is measured, from `1s` to `60s`. A crash loses no more than that.',
    }),
    idle_bytes: z.int().min(0).max(1_073_741_824).default(1024).meta({
      description:
        'A session that moved fewer bytes than that since the last time was idle, and pays nothing.',
    }),
    day_starts: ClockText.prefault('00:00').meta({
      description: 'When the day of allowances begins.',
    }),
  })
  .meta({ description: 'How the use of allowances is measured.' });

export const GeoText = z
  .strictObject({
    countries: FileText.optional().meta({
      description: 'A database of countries (MaxMind DB) of your own.',
      computedDefault: 'the one that is built in',
      examples: ['/etc/nftoggle/countries.mmdb'],
    }),
    asn: FileText.optional().meta({
      description: 'A database of the networks of providers (MaxMind DB), for sources such as `asn:3320`.',
      examples: ['/etc/nftoggle/asn.mmdb'],
    }),
  })
  .meta({ description: 'Where addresses are.' });

export const DnsText = z
  .strictObject({
    servers: z
      .array(DnsServerText)
      .prefault([])
      .meta({
        description: "Whom to ask for DNS names among the sources. Empty: the machine's servers.",
        examples: [['192.168.1.1', '[2001:db8::53]:5353']],
      }),
  })
  .meta({ description: 'How DNS names are looked up.' });

export const RetentionText = z
  .string()
  .transform(parsedBy(parseRetention))
  .meta({
    title: 'retention',
    description: 'A duration from `1d` to `10y`; a year is 365 days, and stands alone.',
    examples: ['90d', '1y'],
  });

/** Less would not hold a busy day. */
const smallestStats = '16M';

function statsSize(text: string): Parsed<number> {
  const [size, least] = [parseSize(text), parseSize(smallestStats)];
  if (!size.ok || !least.ok || size.value >= least.value) return size;
  return refuse(`"${text}" is too small.`, `The smallest size is ${smallestStats}.`);
}

export const SizeText = z
  .string()
  .transform(parsedBy(statsSize))
  .meta({
    title: 'size',
    description: 'A whole number with `K`, `M` or `G`, which are powers of 1024.',
    pattern: '^\\d{1,6}[KMG]$',
    examples: ['512M', '2G'],
  });

export const StatsText = z
  .strictObject({
    keep: RetentionText.prefault('90d').meta({
      description: 'How long single events are kept, from `1d` to `10y`. Sums by day are kept for ever.',
    }),
    max_size: SizeText.prefault('512M').meta({
      description: 'How large the database may become, at least `16M`, before the oldest events go.',
    }),
  })
  .meta({ description: 'What is kept of what happened.', examples: [{ keep: '90d', max_size: '512M' }] });
