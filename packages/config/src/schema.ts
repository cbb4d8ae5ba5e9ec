// SPDX-License-Identifier: MIT
// The text form of nftoggle.yml. Descriptions say the unit and what the default means: the JSON Schema
// and docs/reference/configuration.md are made from them.
import { z } from 'zod';
import {
  AddressText,
  DurationText,
  InterfaceText,
  MacText,
  MarkMaskText,
  Name,
  NetworkText,
  oneOrMany,
  PortText,
  SourceText,
  TimezoneText,
} from './schema-parts.ts';

export const DeviceText = z
  .strictObject({
    mac: oneOrMany(MacText).optional().meta({
      description: 'Hardware addresses. They identify the device on networks that this box is part of.',
    }),
    address: oneOrMany(AddressText)
      .optional()
      .meta({ description: 'IP addresses, of either family. A device that a service leads to needs one.' }),
  })
  .meta({ description: 'A machine with a name. At least one of the two keys.' });

export const GroupText = z
  .array(SourceText)
  .meta({ description: 'Sources under one name.', examples: [['10.8.0.0/24']] });

export const RuleText = z
  .union([
    SourceText,
    z.strictObject({
      from: oneOrMany(SourceText).meta({
        description: 'The sources that the rule is for.',
        examples: ['lan'],
      }),
    }),
  ])
  .meta({
    title: 'rule',
    description: 'Whom an entry of `deny` or `allow` is for: a source, or a block with the key `from`.',
  });

export const ServiceText = z
  .strictObject({
    ports: z
      .array(PortText)
      .min(1)
      .meta({ description: 'The ports to guard. One permission opens all of them.', examples: [['22/tcp']] }),
    to: oneOrMany(Name).optional().meta({
      description: 'Devices whose forwarded traffic is guarded.',
      computedDefault: 'the box itself',
    }),
    direction: z.enum(['in', 'out']).default('in').meta({
      description:
        '`in`: connections to this box, or to the devices of `to`. `out`: from the LAN to anywhere else.',
    }),
    interfaces: z
      .array(InterfaceText)
      .prefault([])
      .meta({ description: 'Guard only what comes in by these network interfaces. Empty: by any.' }),
    open_for: DurationText.prefault('1h').meta({
      description:
        'How long a source that was let in stays let in before its next connection is asked about again.',
    }),
    fallback: z.enum(['deny', 'allow']).default('deny').meta({
      description: 'The answer when no decision arrives in time.',
    }),
    deny: z
      .array(RuleText)
      .prefault([])
      .meta({ description: 'Who may not, looked at before `allow`.', examples: [['192.168.1.66']] }),
    allow: z
      .array(RuleText)
      .prefault([])
      .meta({ description: 'Who may. Nobody else may. Empty: nobody.', examples: [['lan']] }),
  })
  .meta({ description: 'Ports that are invisible to everybody who is not allowed to use them.' });

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

export const ConfigText = z
  .strictObject({
    version: z.literal(1).meta({ description: 'Version of this format.', examples: [1] }),
    timezone: TimezoneText.optional().meta({
      description: 'The time zone of this file, as an IANA name.',
      computedDefault: "the host's",
    }),
    mode: z.enum(['enforce', 'watch']).default('enforce').meta({
      description: '`enforce` guards; `watch` decides and reports, and lets everything pass.',
    }),
    node: Name.optional().meta({
      description: 'Names this box in messages and statistics.',
      computedDefault: 'made from the host name',
    }),
    lan: z
      .array(NetworkText)
      .prefault([])
      .meta({
        description: 'Networks that `lan` means beside the private and link-local ranges.',
        examples: [['2001:db8:1::/48']],
      }),
    devices: z.record(Name, DeviceText).prefault({}).meta({ description: 'Machines, by name.' }),
    groups: z.record(Name, GroupText).prefault({}).meta({ description: 'Lists of sources, by name.' }),
    services: z.record(Name, ServiceText).prefault({}).meta({ description: 'What is guarded, by name.' }),
    kernel: KernelText.prefault({}).meta({ description: KernelText.description ?? '' }),
    limits: LimitsText.prefault({}).meta({ description: LimitsText.description ?? '' }),
  })
  .meta({ title: 'nftoggle.yml', description: 'The configuration of nftoggle.' });

export type DeviceText = z.output<typeof DeviceText>;
export type RuleText = z.output<typeof RuleText>;
export type ServiceText = z.output<typeof ServiceText>;
/** The file once its parts are parsed; names in it are not resolved yet. */
export type ConfigText = z.output<typeof ConfigText>;

/** Keys of the file that may stand there empty: a section whose lines are all commented out. */
export const sections = ['lan', 'devices', 'groups', 'services', 'kernel', 'limits'] as const;

/** The kinds of value that have a title, for the reference page. */
export const valueKinds: readonly z.ZodType[] = [
  Name,
  SourceText,
  RuleText,
  PortText,
  DurationText,
  AddressText,
  NetworkText,
  MacText,
  InterfaceText,
  TimezoneText,
  MarkMaskText,
];
