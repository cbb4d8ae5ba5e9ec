// SPDX-License-Identifier: MIT
import { z } from 'zod';
import { Name, oneOrMany } from './schema-parts.ts';
import { PersonAllowanceText } from './schema-rule.ts';
import { roles } from './types.ts';

export const PersonText = z
  .strictObject({
    role: z.enum(roles).default('member').meta({
      description: 'What the person is in the household.',
    }),
    devices: oneOrMany(Name).meta({
      description: 'Names of devices. A device may belong to several people.',
      examples: [['console', 'tablet']],
    }),
    allowance: PersonAllowanceText.optional().meta({
      description: PersonAllowanceText.description ?? '',
      computedDefault: 'no limit',
    }),
  })
  .meta({ description: 'Somebody, and the devices that are theirs. As a source: any of the devices.' });

export type PersonText = z.output<typeof PersonText>;
