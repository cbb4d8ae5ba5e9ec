// SPDX-License-Identifier: MIT
// The text form of nftoggle.yml. Descriptions say the unit and what the default means: the JSON Schema
// and docs/reference/configuration.md are made from them.
import { z } from 'zod';
import { BroadcastText, DeviceText, PasswordText, ReadinessText } from './schema-device.ts';
import { EventText, HooksText, LocalHostText, UrlText, UserText } from './schema-hook.ts';
import {
  AddressText,
  CountryText,
  DnsServerText,
  DurationText,
  durationBetween,
  FileText,
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
import { PersonText } from './schema-person.ts';
import { AllowRuleText, AtEndText, DenyRuleText } from './schema-rule.ts';
import {
  DnsText,
  GeoText,
  KernelText,
  LimitsText,
  MeteringText,
  RetentionText,
  SizeText,
  StatsText,
} from './schema-system.ts';
import { ClockText, DailyText, DatedWindowText, DatesText, MomentText, WindowText } from './schema-time.ts';

export const GroupText = z
  .array(SourceText)
  .meta({ description: 'Sources under one name.', examples: [['10.8.0.0/24']] });

const ForwardBlock = z.strictObject({
  masquerade: z.boolean().default(false).meta({
    description:
      "Whether the device sees this box's address instead of the client's. Needed where its answers would not come back through this box; otherwise the device knows better who connects.",
  }),
});

const ForwardText = z
  .union([z.boolean(), ForwardBlock])
  .transform((value) => (typeof value === 'boolean' ? (value ? ForwardBlock.parse({}) : null) : value));

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
    wake: z.boolean().default(true).meta({
      description: 'Whether connections that are let in wake the devices of `to` that can be woken.',
    }),
    forward: ForwardText.prefault(false).meta({
      description:
        'Whether the same ports of this box lead to the device as well, which makes the box its front door. Needs a `to` of one device; connections go to its first address of the family that they use.',
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
    idle_after: durationBetween('10s', '365d').prefault('10m').meta({
      description:
        'When a session ends early because it has no connection, at least `10s`. More than `open_for` is never.',
    }),
    fallback: z.enum(['deny', 'allow']).default('deny').meta({
      description: 'The answer when no decision arrives in time.',
    }),
    at_end: AtEndText.default('cut').meta({
      description:
        'What becomes of open connections when they are let in no more: `cut` ends them, `keep` lets them go on, and admits no new ones. A rule may say otherwise.',
    }),
    deny: z
      .array(DenyRuleText)
      .prefault([])
      .meta({ description: 'Who may not, looked at before `allow`.', examples: [['192.168.1.66']] }),
    allow: z
      .array(AllowRuleText)
      .prefault([])
      .meta({ description: 'Who may. Nobody else may. Empty: nobody.', examples: [['lan']] }),
  })
  .meta({ description: 'Ports that are invisible to everybody who is not allowed to use them.' });

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
    people: z
      .record(Name, PersonText)
      .prefault({})
      .meta({ description: 'Who the devices belong to, by name.' }),
    services: z.record(Name, ServiceText).prefault({}).meta({ description: 'What is guarded, by name.' }),
    kernel: KernelText.prefault({}).meta({ description: KernelText.description ?? '' }),
    limits: LimitsText.prefault({}).meta({ description: LimitsText.description ?? '' }),
    metering: MeteringText.prefault({}).meta({ description: MeteringText.description ?? '' }),
    geo: GeoText.prefault({}).meta({ description: GeoText.description ?? '' }),
    dns: DnsText.prefault({}).meta({ description: DnsText.description ?? '' }),
    hooks: HooksText,
    stats: StatsText.prefault({}).meta({ description: StatsText.description ?? '' }),
  })
  .meta({ title: 'nftoggle.yml', description: 'The configuration of nftoggle.' });

export type ServiceText = z.output<typeof ServiceText>;
/** The file once its parts are parsed; names in it are not resolved yet. */
export type ConfigText = z.output<typeof ConfigText>;

/** Keys of the file that may stand there empty: a section whose lines are all commented out. */
export const sections = [
  'lan',
  'devices',
  'groups',
  'people',
  'services',
  'kernel',
  'limits',
  'metering',
  'geo',
  'dns',
  'hooks',
  'stats',
] as const;

/** The kinds of value that have a title, for the reference page. */
export const valueKinds: readonly z.ZodType[] = [
  Name,
  SourceText,
  AllowRuleText,
  DenyRuleText,
  PortText,
  DurationText,
  DailyText,
  WindowText,
  DatesText,
  DatedWindowText,
  MomentText,
  ClockText,
  CountryText,
  AddressText,
  NetworkText,
  ReadinessText,
  BroadcastText,
  PasswordText,
  DnsServerText,
  FileText,
  MacText,
  InterfaceText,
  TimezoneText,
  MarkMaskText,
  EventText,
  UrlText,
  LocalHostText,
  UserText,
  RetentionText,
  SizeText,
];
