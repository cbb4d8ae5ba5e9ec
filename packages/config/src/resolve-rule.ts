// SPDX-License-Identifier: MIT
// Rules, windows and allowances from the parts of the file to what daemons use.
import type { AtEnd } from '@nftoggle/contracts';
import { instantOf } from './date-time.ts';
import { everyDay } from './day-name.ts';
import { wholeDay } from './day-span.ts';
import type { AllowanceText, AllowRuleText, DenyRuleText } from './schema-rule.ts';
import type { Allowance, Rule, Source, WeeklyWindow, WindowList } from './types.ts';
import { daySeconds } from './zoned-time.ts';

type RuleText = DenyRuleText | AllowRuleText;
type RuleBlock = Exclude<RuleText, string>;

/** What a rule takes from around it. */
export interface RuleContext {
  readonly timezone: string;
  /** What the service says, for rules that do not. */
  readonly atEnd: AtEnd;
  readonly sources: (texts: readonly string[]) => readonly Source[];
}

export function resolveRule(path: string, text: RuleText, context: RuleContext): Rule {
  const rule: RuleBlock = typeof text === 'string' ? { from: [text] } : text;
  return {
    path,
    from: context.sources(rule.from),
    countries: once(rule.countries),
    notCountries: once(rule.not_countries),
    windows: resolveWindows(rule),
    // A date alone is through the end of that day.
    expires: rule.expires === undefined ? null : instantOf(rule.expires, context.timezone, daySeconds),
    allowance: 'allowance' in rule && rule.allowance ? resolveAllowance(rule.allowance) : null,
    atEnd: ('at_end' in rule ? rule.at_end : undefined) ?? context.atEnd,
  };
}

export function resolveAllowance(text: AllowanceText): Allowance {
  return {
    daily: text.daily ?? null,
    weekly: text.weekly ?? null,
    monthly: text.monthly ?? null,
    uncharged: text.uncharged === undefined ? null : { weekly: text.uncharged, except: [], also: [] },
    warnBefore: [...new Set(text.warn_before)].sort((a, b) => b - a),
  };
}

const always: WeeklyWindow = { days: everyDay, ...wholeDay };

/** `except` alone leaves every other day; nothing at all, or lists that say nothing, are always. */
function resolveWindows({ windows, except = [], also = [] }: RuleBlock): WindowList | null {
  if (windows === undefined && except.length === 0) return null;
  return { weekly: windows ?? [always], except, also };
}

function once(codes: readonly string[] | undefined): readonly string[] | null {
  return codes === undefined ? null : [...new Set(codes)];
}
