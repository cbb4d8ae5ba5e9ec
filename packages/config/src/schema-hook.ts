// SPDX-License-Identifier: MIT
// The text form of hooks: what is done when something happens.
import type { EventType } from '@nftoggle/contracts';
import { z } from 'zod';
import { parseBudget } from './duration.ts';
import { eventNames, parseEventName } from './event-name.ts';
import { parseLocalHost } from './local-host.ts';
import { CommandText } from './schema-device.ts';
import { durationBetween, FileText, Name, oneOrMany, parsedBy, SourceText } from './schema-parts.ts';
import { webhookFormats } from './types.ts';
import { parseUser } from './user-name.ts';
import { parseHeaderValue, parseWebhookUrl } from './webhook-text.ts';

export const EventText = z
  .string()
  .transform(parsedBy(parseEventName))
  .meta({
    title: 'event',
    description: `Something that happens: ${eventNames
      .slice(1)
      .map((name) => `\`${name}\``)
      .join(', ')}. \`all\` is all of them but \`permissions_changed\`, which is a signal between daemons.`,
    enum: [...eventNames],
    examples: ['access_denied', 'all'],
  });

export const UrlText = z
  .string()
  .transform(parsedBy(parseWebhookUrl))
  .meta({
    title: 'URL',
    description: 'Begins with `https://` or `http://`, and has no user or password in it.',
    pattern: '^[hH][tT][tT][pP][sS]?://',
    examples: ['https://ntfy.example/home'],
    secret: true,
  });

export const LocalHostText = z
  .string()
  .transform(parsedBy(parseLocalHost))
  .meta({
    title: 'host',
    description: 'The name of a host, of one word or several, or one IPv4 or IPv6 address.',
    examples: ['localhost', 'host.docker.internal', '::1'],
  });

export const UserText = z
  .union([z.string(), z.number()])
  .transform(parsedBy(parseUser))
  .meta({
    title: 'user',
    description: 'The name or number of a user of the system. Not root.',
    examples: ['nobody', '65534'],
  });

const HeaderText = z.string().transform(parsedBy(parseHeaderValue)).meta({
  description: 'Value of the header NAME, in ASCII. Messages and logs do not show it.',
  secret: true,
});

export const HookText = z
  .strictObject({
    on: oneOrMany(EventText)
      .transform((types): readonly EventType[] => [...new Set(types.flat())])
      .meta({ description: 'The events that it is for.', examples: [['access_denied', 'session_started']] }),
    services: oneOrMany(Name)
      .optional()
      .meta({
        description: 'Only events about these services.',
        computedDefault: 'about anything',
        examples: [['ssh']],
      }),
    sources: oneOrMany(SourceText)
      .optional()
      .meta({
        description:
          'Only events about these sources. DNS names and `asn:` are not possible, because events do not tell them.',
        computedDefault: 'about anybody',
        examples: [['lan']],
      }),
    people: oneOrMany(Name)
      .optional()
      .meta({
        description: 'Only events about the devices of these people, or about their allowances.',
        computedDefault: 'about anybody',
        examples: [['lena']],
      }),
    webhook: UrlText.optional().meta({
      description: 'Where events are posted to. A hook has either this or `run`.',
      examples: ['https://ntfy.example/home'],
    }),
    format: z.enum(webhookFormats).optional().meta({
      description:
        'How a webhook is told: `json` as a CloudEvent, `text` as a sentence, or in the way of the named service.',
      computedDefault: '`json`',
    }),
    secret_file: FileText.optional().meta({
      description: 'File with the key that a webhook is signed with (Standard Webhooks).',
      computedDefault: 'no signature',
      examples: ['/etc/nftoggle/ntfy.key'],
    }),
    token_file: FileText.optional().meta({
      description: 'File with the token that a webhook shows: as bearer token, or in the way of `gotify`.',
      computedDefault: 'no token',
      examples: ['/etc/nftoggle/ntfy.token'],
    }),
    headers: z
      .record(z.string(), HeaderText)
      .optional()
      .meta({
        description: 'HTTP headers that a webhook has beside its own.',
        computedDefault: 'no others',
        examples: [{ 'X-Priority': '4' }],
      }),
    allow_local: oneOrMany(LocalHostText)
      .optional()
      .meta({
        description:
          'Hosts that a webhook may reach at a loopback or link-local address, or another one that is refused otherwise. Other hosts of the LAN need no mention.',
        computedDefault: 'no host',
        examples: [['localhost']],
      }),
    run: CommandText.optional().meta({
      description: 'A program and its arguments, to which the event is given as input. No shell is involved.',
      examples: [['/etc/nftoggle/hooks/log.sh', '--json']],
    }),
    run_as: UserText.optional().meta({
      description: 'The user that the program runs as.',
      computedDefault: '`nobody`',
    }),
    timeout: durationBetween('1s', '60s').prefault('10s').meta({
      description: 'How long one attempt may take, from `1s` to `60s`.',
    }),
    retry_for: z
      .union([z.number(), z.string()])
      .transform(parsedBy((input: string | number) => parseBudget(input, 7 * 86_400, 'The longest is 7d.')))
      .meta({ title: 'duration' })
      .prefault('24h')
      .meta({
        description:
          'How old an event may become and still be tried again, from `0s` to `7d`. Then it is a dead letter.',
      }),
  })
  .meta({
    description: 'What is done when something happens.',
    misplaced: {
      url: 'Did you mean "webhook"?',
      events: 'Did you mean "on"?',
      command: 'Did you mean "run"?',
      script: 'Did you mean "run"?',
      user: 'Did you mean "run_as"?',
      secret: 'Write it into a file, and the path of that here: secret_file: /etc/nftoggle/hook.key',
      token: 'Write it into a file, and the path of that here: token_file: /etc/nftoggle/hook.token',
    },
  });

export const HooksText = z
  .record(Name, HookText)
  .prefault({})
  .meta({
    description: 'What is done when something happens, by name.',
    examples: [{ phone: { on: ['access_denied'], webhook: 'https://ntfy.example/home', format: 'ntfy' } }],
  });

export type HookText = z.output<typeof HookText>;
