// SPDX-License-Identifier: MIT
// The text form of rules, and of the allowances that they and people have.
import { z } from 'zod';
import { CountryText, DurationText, Name, oneOrMany, SourceText } from './schema-parts.ts';
import {
  DailyText,
  DatedWindowText,
  DatesText,
  MomentText,
  MonthlyText,
  WeeklyText,
  WindowText,
} from './schema-time.ts';

/** Unlike `oneOrMany` a list may be empty: then the other keys of a rule say all there is. */
function anyNumberOf<T extends z.ZodType>(part: T) {
  return z
    .union([part, z.array(part)])
    .transform((value): readonly z.output<T>[] => (Array.isArray(value) ? value : [value as z.output<T>]));
}

const allowanceKeys = {
  daily: DailyText.optional().meta({
    description: 'Time for each day, which begins at `metering.day_starts`. At most 24h.',
    computedDefault: 'no limit',
  }),
  weekly: WeeklyText.optional().meta({
    description: 'Time for each week, which begins on Monday. At most 7d.',
    computedDefault: 'no limit',
  }),
  monthly: MonthlyText.optional().meta({
    description: 'Time for each month. At most 31d.',
    computedDefault: 'no limit',
  }),
  uncharged: oneOrMany(WindowText)
    .optional()
    .meta({
      description: 'When use costs nothing, and an allowance that is spent keeps nobody out.',
      examples: [['sat 10:00-12:00']],
    }),
  warn_before: anyNumberOf(DurationText)
    .prefault([])
    .meta({
      description: 'How much is left when an event warns.',
      examples: [['10m', '2m']],
    }),
};

export const AllowanceText = z.strictObject(allowanceKeys).meta({
  description:
    'Time budgets, at least one of `daily`, `weekly` and `monthly`. Of several the least that is left counts. Each entry of `from` has its own, which a group or person shares.',
  examples: [{ daily: '2h' }],
  misplaced: {
    services: 'A rule is of one service; allowances for several belong to "people".',
  },
});

export const PersonAllowanceText = z
  .strictObject({
    ...allowanceKeys,
    services: oneOrMany(Name)
      .optional()
      .meta({
        description: 'The services whose use counts.',
        computedDefault: 'all',
        examples: [['minecraft']],
      }),
  })
  .meta({
    description:
      'Time budgets, at least one of `daily`, `weekly` and `monthly`, that all devices of the person share. Of several the least that is left counts.',
    examples: [{ daily: '2h' }],
  });

export const AtEndText = z.enum(['cut', 'keep']);

const ruleKeys = {
  from: oneOrMany(SourceText).meta({
    description: 'The sources that the rule is for.',
    examples: ['lan'],
  }),
  countries: oneOrMany(CountryText)
    .optional()
    .meta({
      description: 'Only sources that are in one of these countries. Private addresses are in no country.',
      computedDefault: 'wherever they are',
      examples: [['FR', 'BE']],
    }),
  not_countries: oneOrMany(CountryText)
    .optional()
    .meta({
      description:
        'Only sources that are in none of these countries. Private addresses meet neither this nor `countries`.',
      computedDefault: 'wherever they are',
      examples: [['FR', 'BE']],
    }),
  windows: anyNumberOf(WindowText)
    .optional()
    .meta({
      description: 'When the rule is in force. Empty: only at the times of `also`.',
      computedDefault: 'always',
      examples: [['fri 18:00-23:30']],
    }),
  except: anyNumberOf(DatesText)
    .optional()
    .meta({
      description: 'Days on which no window of `windows` begins.',
      examples: [['2026-12-24..2027-01-06']],
    }),
  also: anyNumberOf(DatedWindowText)
    .optional()
    .meta({
      description: 'Windows on certain dates, whatever `windows` and `except` say.',
      examples: [['2026-12-31 20:00-02:00']],
    }),
  expires: MomentText.optional().meta({
    description: 'From then on the rule is for nobody.',
    computedDefault: 'never',
  }),
};

const slips = { country: 'Did you mean "countries"?' };

/** Keys of allow rules, and why a deny rule has none of them. */
const onlyInAllow = {
  allowance: 'Only allow rules have an allowance. A deny rule denies from the first second on.',
  at_end: 'Only allow rules have it: what becomes of a connection that is let in no more.',
};

export const DenyRuleText = z
  .union([SourceText, z.strictObject(ruleKeys).meta({ misplaced: { ...slips, ...onlyInAllow } })])
  .meta({
    title: 'deny rule',
    description: 'The same as a rule of `allow`, but for `allowance` and `at_end`.',
  });

export const AllowRuleText = z
  .union([
    SourceText,
    z
      .strictObject({
        ...ruleKeys,
        allowance: AllowanceText.optional().meta({
          description: AllowanceText.description ?? '',
          computedDefault: 'no limit',
        }),
        at_end: AtEndText.optional().meta({
          description:
            'What becomes of open connections when the rule lets them in no more: `cut` ends them, `keep` lets them go on, and admits no new ones.',
          computedDefault: '`at_end` of the service',
        }),
      })
      .meta({ misplaced: slips }),
  ])
  .meta({
    title: 'rule',
    description:
      'Whom an entry of `allow` is for: a source, or a block with the key `from` and conditions, which must all hold.',
  });

export type AllowanceText = z.output<typeof AllowanceText>;
export type PersonAllowanceText = z.output<typeof PersonAllowanceText>;
export type DenyRuleText = z.output<typeof DenyRuleText>;
export type AllowRuleText = z.output<typeof AllowRuleText>;
