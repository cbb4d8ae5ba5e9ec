// SPDX-License-Identifier: MIT
// The text form of devices, and of how they are woken.
import { z } from 'zod';
import { parseBroadcast } from './broadcast-address.ts';
import { parseBudget } from './duration.ts';
import type { Parsed } from './parsed.ts';
import { parseReadiness } from './readiness-text.ts';
import { AddressText, durationUpTo, InterfaceText, MacText, oneOrMany, parsedBy } from './schema-parts.ts';
import { parsePassword } from './secure-on-password.ts';
import { parseProgram } from './wake-command.ts';

export const ReadinessText = z
  .string()
  .transform(parsedBy(parseReadiness))
  .meta({
    title: 'readiness',
    description:
      'When a device that was woken counts as ready. `asked`: when the port that somebody wants to use answers. `25565/tcp`: when that TCP port answers, whichever port was asked for; right for UDP services, whose ports mostly answer nothing (`tcp/25565` is the same). `ping`: when it answers anything at all. `settle 20s`: so long after its first sign of life.',
    examples: ['25565/tcp', 'asked', 'ping', 'settle 20s'],
  });

export const PasswordText = z
  .string()
  .transform(parsedBy(parsePassword))
  .meta({
    title: 'password',
    description:
      'Six pairs of hex digits as in a hardware address, or four numbers as in an IPv4 address. It is never shown in messages.',
    pattern: '^([0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}|\\d{1,3}(\\.\\d{1,3}){3})$',
    examples: ['00:11:22:33:44:55', '192.0.2.1'],
    secret: true,
  });

export const BroadcastText = z
  .string()
  .transform(parsedBy(parseBroadcast))
  .meta({
    title: 'broadcast address',
    description: 'An IPv4 address, or an IPv6 multicast group.',
    examples: ['192.168.1.255', 'ff02::1'],
  });

/** Points at the program, which is the only word of the command that can be wrong. */
function commandOf(words: readonly string[], context: z.core.$RefinementCtx<readonly string[]>) {
  const [first = '', ...others] = words;
  const parse = (text: string): Parsed<string> => parseProgram(text, others.length === 0);
  const program = parse(first);
  if (program.ok) return [program.value, ...others];
  const { message, remedy } = program;
  context.issues.push({ code: 'custom', message, params: { remedy }, path: [0], input: words });
  return z.NEVER;
}

export const CommandText = z
  .array(z.string())
  .min(1)
  .meta({ examples: [['/usr/local/bin/ipmi-on', 'nas']] })
  .transform(commandOf);

const WakeBlock = z.strictObject({
  ready: ReadinessText.prefault('asked').meta({ description: 'When it counts as ready.' }),
  timeout: durationUpTo('10m').prefault('90s').meta({
    description:
      'How long packets are held for it, from `1s` to `10m`. Then they are dropped, and whoever tries again later is let through once it is up.',
  }),
  min_gap: z
    .union([z.number(), z.string()])
    .transform(parsedBy((input: string | number) => parseBudget(input, 3_600, 'The longest is 1h.')))
    .meta({ title: 'duration' })
    .prefault('30s')
    .meta({
      description: 'The least time from the end of a wake that failed to the next one, from `0s` to `1h`.',
    }),
  ports: z
    .array(z.int().min(1).max(65_535))
    .min(1)
    .default([9, 7])
    .meta({ description: 'UDP ports that magic packets are sent to.', examples: [[9, 7]] }),
  password: PasswordText.optional().meta({
    description: 'The password that its network card wants to see in a magic packet (SecureOn).',
  }),
  broadcast: BroadcastText.optional().meta({
    description:
      "Where magic packets go beside the broadcast addresses of this box's networks and the device's own.",
    computedDefault: 'nowhere else',
  }),
  interface: InterfaceText.optional().meta({
    description: 'The network interface that magic packets leave by.',
    computedDefault: "every one in the device's network",
  }),
  run: CommandText.optional().meta({
    description:
      'A program and its arguments that wake it instead of magic packets, such as for IPMI or a virtual machine. No shell is involved.',
    computedDefault: 'magic packets',
  }),
});

export const WakeText = z
  .union([z.boolean(), WakeBlock])
  .transform((value) => (typeof value === 'boolean' ? (value ? WakeBlock.parse({}) : null) : value));

const inWake = Object.keys(WakeBlock.shape).map((key) => [key, `It is a key of "wake": wake: { ${key}: … }`]);

export const DeviceText = z
  .strictObject({
    mac: oneOrMany(MacText).optional().meta({
      description: 'Hardware addresses. They identify the device on networks that this box is part of.',
    }),
    address: oneOrMany(AddressText)
      .optional()
      .meta({ description: 'IP addresses, of either family. A device that a service leads to needs one.' }),
    wake: WakeText.prefault(false).meta({
      description:
        'Whether it can be woken when it sleeps, and how. `true`: by magic packets (Wake-on-LAN), with what the keys below have as defaults.',
    }),
  })
  .meta({
    description: 'A machine with a name. At least one of `mac` and `address`.',
    misplaced: Object.fromEntries(inWake),
  });

export type DeviceText = z.output<typeof DeviceText>;
export type WakeText = NonNullable<z.output<typeof WakeText>>;
