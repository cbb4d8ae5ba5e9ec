// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { after, problemsOf, type Row, rule } from './load.fixture.ts';

function allowance(keys: string): string {
  return rule(`allowance: { ${keys} }`);
}

const wrongRows: readonly Row[] = [
  [
    'an en dash',
    rule('windows: [fri 18:00–23:30]'),
    '7:19: services.a.allow[0].windows[0]: "fri 18:00–23:30" is not a window. Write fri 18:00-23:30.',
  ],
  [
    'afternoons of twelve hours',
    rule('windows: [sat 6pm-8:30pm]'),
    '7:19: services.a.allow[0].windows[0]: "sat 6pm-8:30pm" is not a window. Write sat 18:00-20:30.',
  ],
  [
    'half a span of them',
    rule('windows: [6pm]'),
    '7:19: services.a.allow[0].windows[0]: "6pm" is not a span of time. Write it like 18:00-23:30.',
  ],
  [
    'dots for colons',
    rule('windows: [18.00-20.00]'),
    '7:19: services.a.allow[0].windows[0]: "18.00-20.00" is not a window. Write 18:00-20:00.',
  ],
  [
    'hours with an h',
    rule('windows: [fri 18h-20h30]'),
    '7:19: services.a.allow[0].windows[0]: "fri 18h-20h30" is not a window. Write fri 18:00-20:30.',
  ],
  [
    'hours alone',
    rule('windows: [fri 18-20]'),
    '7:19: services.a.allow[0].windows[0]: "fri 18-20" is not a window. Write fri 18:00-20:00.',
  ],
  [
    'hours of one digit',
    rule('windows: [8:00-9:00]'),
    '7:19: services.a.allow[0].windows[0]: "8:00-9:00" is not a window. Write 08:00-09:00.',
  ],
  [
    'hours without a colon',
    rule('windows: [sat 1000-1200]'),
    '7:19: services.a.allow[0].windows[0]: "1000" is not a time of day. Write hours and minutes, such as 18:00.',
  ],
  [
    'words for a dash',
    rule('windows: [monday to friday]'),
    '7:19: services.a.allow[0].windows[0]: "monday to friday" is not a window. Write monday-friday.',
  ],
  [
    'spaces around dashes',
    rule('windows: [Mon - Fri 16:00 - 18:00]'),
    '7:19: services.a.allow[0].windows[0]: "Mon - Fri 16:00 - 18:00" is not a window. Write mon-fri 16:00-18:00.',
  ],
  [
    'semicolons between days',
    rule('windows: [mon;wed 16:00-18:00]'),
    '7:19: services.a.allow[0].windows[0]: "mon;wed 16:00-18:00" is not a window. Write "mon,wed 16:00-18:00".',
  ],
  [
    'other words for days',
    rule('windows: [weekend 10:00-12:00, weekdays, daily 08:00-09:00]'),
    '7:19: services.a.allow[0].windows[0]: "weekend 10:00-12:00" is not a window. Write sat-sun 10:00-12:00.',
    '7:40: services.a.allow[0].windows[1]: "weekdays" is not a window. Write mon-fri.',
    '7:50: services.a.allow[0].windows[2]: "daily 08:00-09:00" is not a window. Write 08:00-09:00.',
  ],
  [
    'all day in words',
    rule('windows: [sat all day]'),
    '7:19: services.a.allow[0].windows[0]: "sat all day" is not a window. Write sat 00:00-24:00.',
  ],
  [
    'always in words',
    rule('windows: always'),
    '7:18: services.a.allow[0].windows: "always" is not a window. Write 00:00-24:00.',
  ],
  [
    'never in words',
    rule('windows: never'),
    '7:18: services.a.allow[0].windows: "never" is not a day. The days are mon, tue, wed, thu, fri, sat, sun.',
  ],
  [
    'days behind times',
    rule('windows: [10:00-12:00 mon]'),
    '7:19: services.a.allow[0].windows[0]: "10:00-12:00 mon" is not a window. Write mon 10:00-12:00.',
  ],
  [
    'several spans at once',
    rule('windows: ["sat 10:00-12:00, 14:00-18:00"]'),
    '7:19: services.a.allow[0].windows[0]: "sat 10:00-12:00, 14:00-18:00" is not a window. Write each span of time as an entry of its own.',
  ],
  [
    'hour 25',
    rule('windows: [fri 25:00-26:00]'),
    '7:19: services.a.allow[0].windows[0]: "25:00" is not a time of day. Times go from 00:00 to 23:59, and 24:00 is the end of a day.',
  ],
  [
    'minute 60',
    rule('windows: [fri 18:60-20:00]'),
    '7:19: services.a.allow[0].windows[0]: "18:60" is not a time of day. Times go from 00:00 to 23:59, and 24:00 is the end of a day.',
  ],
  [
    '24:00 for a beginning',
    rule('windows: [24:00-02:00]'),
    '7:19: services.a.allow[0].windows[0]: "24:00-02:00" is not a window. Write 00:00-02:00.',
  ],
  [
    '24:00 for a beginning and 0:00 for an end',
    rule('windows: [24:00-00:00]'),
    '7:19: services.a.allow[0].windows[0]: "24:00" is only the end of a day. Write 00:00 for its beginning.',
  ],
  [
    'a window of no length',
    rule('windows: [sat 18:00-18:00]'),
    '7:19: services.a.allow[0].windows[0]: "18:00-18:00" has no length. Write 00:00-24:00 for the whole day.',
  ],
  [
    'one time',
    rule('windows: [fri 18:00]'),
    '7:19: services.a.allow[0].windows[0]: "18:00" is not a span of time. Write it like 18:00-23:30.',
  ],
  [
    'half a span',
    rule('windows: ["16:00-"]'),
    '7:19: services.a.allow[0].windows[0]: "16:00-" is not a span of time. Write it like 18:00-23:30.',
  ],
  [
    'three times',
    rule('windows: [10:00-12:00-14:00]'),
    '7:19: services.a.allow[0].windows[0]: "10:00-12:00-14:00" is not a span of time. Write it like 18:00-23:30.',
  ],
  [
    'a day with a slip',
    rule('windows: [fry 18:00-20:00]'),
    '7:19: services.a.allow[0].windows[0]: "fry" is not a day. Did you mean "fri"?',
  ],
  [
    'days of two letters',
    rule('windows: [mo-fr 16:00-18:00]'),
    '7:19: services.a.allow[0].windows[0]: "mo" is not a day. Did you mean "mon"?',
  ],
  [
    'days of four letters',
    rule('windows: [tues 10:00-11:00]'),
    '7:19: services.a.allow[0].windows[0]: "tues" is not a day. Did you mean "tue"?',
  ],
  [
    'days of another language',
    rule('windows: [samstag 10:00-12:00]'),
    '7:19: services.a.allow[0].windows[0]: "samstag" is not a day. The days are mon, tue, wed, thu, fri, sat, sun.',
  ],
  [
    'one day to itself',
    rule('windows: [mon-mon 10:00-12:00]'),
    '7:19: services.a.allow[0].windows[0]: "mon-mon" is one day, or is it all of them? Write mon or mon-sun.',
  ],
  [
    'half a range of days',
    rule('windows: [mon-]'),
    '7:19: services.a.allow[0].windows[0]: "mon-" is not a list of days. Write it like mon-fri or mon,wed.',
  ],
  [
    'three ends of days',
    rule('windows: [mon-wed-fri]'),
    '7:19: services.a.allow[0].windows[0]: "mon-wed-fri" is not a range of days. Write it like mon-fri.',
  ],
  [
    'a comma too many',
    rule('windows: "mon,,wed"'),
    '7:18: services.a.allow[0].windows: "mon,,wed" is not a list of days. Write it like mon-fri or mon,wed.',
  ],
  [
    'a date in the week',
    rule('windows: [2026-12-24 10:00-12:00]'),
    '7:19: services.a.allow[0].windows[0]: "2026-12-24 10:00-12:00" is of one year only. Only "also" of a rule takes windows on certain dates.',
  ],
  [
    'an empty window',
    rule('windows: [""]'),
    '7:19: services.a.allow[0].windows[0]: "" is not a window. Write days, times or both, such as fri 18:00-23:30, sat-sun or 16:00-18:00.',
  ],
  [
    'a number for a window',
    rule('windows: [18]'),
    '7:19: services.a.allow[0].windows[0]: "18" is not a span of time. Write it like 18:00-23:30.',
  ],
  [
    'a block for windows',
    rule('windows: { sat: 10:00-12:00 }'),
    '7:18: services.a.allow[0].windows: A block of keys is here, where text belongs. Write it like [fri 18:00-23:30]',
  ],
  [
    'windows that are commented out',
    rule('windows:'),
    '7:9: services.a.allow[0].windows: Nothing is here, where text belongs. Write it like [fri 18:00-23:30]',
  ],
  [
    'no windows',
    rule('windows: []'),
    '7:18: services.a.allow[0].windows: The list is empty, so the rule would never be in force. Write windows, such as [fri 18:00-23:30], or remove the key for a rule that always is.',
  ],
  [
    'no windows but exceptions',
    rule('windows: []', 'except: [2026-12-24]', 'also: []'),
    '7:18: services.a.allow[0].windows: The list is empty, so the rule would never be in force. Write windows, such as [fri 18:00-23:30], or remove the key for a rule that always is.',
  ],
  [
    'also without windows',
    rule('also: [2026-12-31 20:00-02:00]'),
    '7:9: services.a.allow[0].also: "also" adds to windows, and without them the rule is always in force. Add "windows: []" for these times alone, or the windows that it adds to.',
  ],
  [
    'days that a comma cuts off',
    rule('windows: [mon,wed,fri-sat 16:00-18:00, sun 10:00-12:00]'),
    '7:19: services.a.allow[0].windows[0]: The comma ends the entry here, so "mon" would be a whole day. Write "mon,wed,fri-sat 16:00-18:00" with its quotes, or mon 00:00-24:00 for the whole day.',
  ],
  [
    'free days that a comma cuts off',
    allowance('daily: 1h, uncharged: [sat, sun 10:00-12:00]'),
    '7:45: services.a.allow[0].allowance.uncharged[0]: The comma ends the entry here, so "sat" would be a whole day. Write "sat,sun 10:00-12:00" with its quotes, or sat 00:00-24:00 for the whole day.',
  ],
  [
    'a day that no month has',
    rule('except: [2026-02-30]'),
    '7:18: services.a.allow[0].except[0]: "2026-02-30" is not a date. February 2026 has 28 days.',
  ],
  [
    'a month that no year has',
    rule('except: [2026-13-01]'),
    '7:18: services.a.allow[0].except[0]: "2026-13-01" is not a date. Months go from 01 to 12.',
  ],
  [
    'a range backwards',
    rule('except: [2027-01-06..2026-12-24]'),
    '7:18: services.a.allow[0].except[0]: "2027-01-06..2026-12-24" runs backwards. Write 2026-12-24..2027-01-06.',
  ],
  [
    'a range with another sign',
    rule('except: [2026-12-24 - 2027-01-06]'),
    '7:18: services.a.allow[0].except[0]: "2026-12-24 - 2027-01-06" is not a date or a range of dates. Write 2026-12-24..2027-01-06.',
  ],
  [
    'a range without an end',
    rule('except: [2026-12-24..]'),
    '7:18: services.a.allow[0].except[0]: "2026-12-24.." is a range of dates without both ends. Write both dates: 2026-12-24..2027-01-06.',
  ],
  [
    'days before months',
    rule('except: [24.12.2026, 24.12.2026 to 26.12.2026]'),
    '7:18: services.a.allow[0].except[0]: "24.12.2026" is not a date or a range of dates. Write 2026-12-24.',
    '7:30: services.a.allow[0].except[1]: "24.12.2026 to 26.12.2026" is not a date or a range of dates. Write 2026-12-24..2026-12-26.',
  ],
  [
    'months before days',
    rule('except: [12/24/2026]'),
    '7:18: services.a.allow[0].except[0]: "12/24/2026" is not a date. Write year, month and day, such as 2026-12-24.',
  ],
  [
    'a date of every year',
    rule('except: [12-24]'),
    '7:18: services.a.allow[0].except[0]: "12-24" is not a date. Write year, month and day, such as 2026-12-24.',
  ],
  [
    'a day of the week for a date',
    rule('except: [mon]'),
    '7:18: services.a.allow[0].except[0]: "mon" is not a date. Write year, month and day, such as 2026-12-24.',
  ],
  [
    'a time for a date',
    rule('except: [2026-12-24 10:00-12:00]'),
    '7:18: services.a.allow[0].except[0]: "2026-12-24 10:00-12:00" is not a date. Write year, month and day, such as 2026-12-24.',
  ],
  [
    'a dated window in other forms',
    rule('windows: []', 'also: [31.12.2026 8pm–2am, 2026-12-31T20:00-02:00]'),
    '8:16: services.a.allow[0].also[0]: "31.12.2026 8pm–2am" is not a window on a date. Write 2026-12-31 20:00-02:00.',
    '8:36: services.a.allow[0].also[1]: "2026-12-31T20:00-02:00" is not a window on a date. Write 2026-12-31 20:00-02:00.',
  ],
  [
    'a dated window of no length',
    rule('windows: []', 'also: [2026-12-31 18:00-18:00]'),
    '8:16: services.a.allow[0].also[0]: "18:00-18:00" has no length. Write 00:00-24:00 for the whole day.',
  ],
  [
    'a dated window without a date',
    rule('windows: []', 'also: [fri 20:00-22:00]'),
    '8:16: services.a.allow[0].also[0]: "fri 20:00-22:00" has no date. Windows of each week belong under "windows".',
  ],
  [
    'a dated window of one time',
    rule('windows: []', 'also: [2026-12-31 20:00]'),
    '8:16: services.a.allow[0].also[0]: "20:00" is not a span of time. Write it like 18:00-23:30.',
  ],
  [
    'an expiry before the year',
    rule('expires: 31.12.2026'),
    '7:18: services.a.allow[0].expires: "31.12.2026" is not a moment. Write 2026-12-31.',
  ],
  [
    'an expiry of another form',
    rule('expires: 2026-12-31 6pm'),
    '7:18: services.a.allow[0].expires: "2026-12-31 6pm" is not a moment. Write 2026-12-31T18:00.',
  ],
  [
    'an expiry at hour 25',
    rule('expires: 2026-12-31T25:00'),
    '7:18: services.a.allow[0].expires: "25:00" is not a time of day. Times go from 00:00 to 23:59, and 24:00 is the end of a day.',
  ],
  [
    'an expiry on a day that is not there',
    rule('expires: 2026-06-31'),
    '7:18: services.a.allow[0].expires: "2026-06-31" is not a date. June 2026 has 30 days.',
  ],
  [
    'an expiry with an offset that is not there',
    rule('expires: 2026-12-31T18:00+15:00'),
    '7:18: services.a.allow[0].expires: "2026-12-31T18:00+15:00" has no offset that exists. Offsets go up to 14 hours, such as +02:00.',
  ],
  [
    'an expiry with a zone',
    rule('expires: "2026-12-31T18:00[Europe/Berlin]"'),
    '7:18: services.a.allow[0].expires: "2026-12-31T18:00[Europe/Berlin]" is not a moment. Write it like 2026-12-31 or 2026-12-31T18:00.',
  ],
  [
    'an expiry in words',
    rule('expires: never'),
    '7:18: services.a.allow[0].expires: "never" is not a date. Write year, month and day, such as 2026-12-24.',
  ],
  [
    'an expiry of a number',
    rule('expires: 2026'),
    '7:18: services.a.allow[0].expires: "2026" is not a date. Write year, month and day, such as 2026-12-24.',
  ],
  [
    'countries both ways',
    rule('not_countries: [FR]', 'countries: [DE]'),
    '7:9: services.a.allow[0].not_countries: "not_countries" does not go with "countries". Remove one of the two.',
  ],
  [
    'no countries',
    rule('countries: []'),
    '7:20: services.a.allow[0].countries: The list is empty. Write at least one entry, such as [FR, BE]',
  ],
  [
    'countries that are none',
    rule('countries: [NO, UK, France, ZZ]'),
    '7:25: services.a.allow[0].countries[1]: "UK" is not a country code. Did you mean GB?',
    '7:29: services.a.allow[0].countries[2]: "France" is not a country code. Did you mean FR?',
    '7:37: services.a.allow[0].countries[3]: "ZZ" is not a country code. Write two letters as in ISO 3166-1, such as DE or FR.',
  ],
  [
    'the key country',
    rule('country: DE'),
    '7:9: services.a.allow[0].country: "country" does not belong here. Did you mean "countries"?',
  ],
  [
    'another end',
    rule('at_end: kept'),
    '7:17: services.a.allow[0].at_end: "kept" is not possible here. Write cut or keep.',
  ],
  [
    'an allowance of a text',
    rule('allowance: 2h'),
    '7:20: services.a.allow[0].allowance: "2h" is here, where a block of keys belongs. Write it like { daily: 2h }',
  ],
  [
    'an allowance of nothing',
    rule('allowance: {}'),
    '7:9: services.a.allow[0].allowance: The allowance has no size. Add at least one of daily, weekly and monthly, such as daily: 2h',
  ],
  [
    'an allowance without a size',
    allowance('warn_before: [10m]'),
    '7:9: services.a.allow[0].allowance: The allowance has no size. Add at least one of daily, weekly and monthly, such as daily: 2h',
  ],
  [
    'an allowance with a slip',
    allowance('daly: 2h'),
    '7:22: services.a.allow[0].allowance.daly: The key "daly" is not known. Did you mean "daily"?',
  ],
  [
    'an allowance without a unit',
    allowance('daily: 2'),
    '7:29: services.a.allow[0].allowance.daily: "2" is not a duration. Add the unit: "2s" for seconds, "2m" for minutes.',
  ],
  [
    'an allowance with a fraction',
    allowance('daily: 1.5, weekly: 1.5h'),
    '7:29: services.a.allow[0].allowance.daily: "1.5" is not a duration. Write whole numbers with units, such as 90s, 15m, 4h, 2d or 1h30m.',
    '7:42: services.a.allow[0].allowance.weekly: "1.5h" is not a duration. Write whole numbers with units, such as 90s, 15m, 4h, 2d or 1h30m.',
  ],
  [
    'an allowance below none',
    allowance('daily: -1'),
    '7:29: services.a.allow[0].allowance.daily: "-1" is not a duration. Write whole numbers with units, such as 90s, 15m, 4h, 2d or 1h30m.',
  ],
  [
    'allowances of more than there is',
    allowance('daily: 25h, weekly: 8d, monthly: 32d'),
    '7:29: services.a.allow[0].allowance.daily: "25h" is too long. A day has 24h.',
    '7:42: services.a.allow[0].allowance.weekly: "8d" is too long. A week has 7d.',
    '7:55: services.a.allow[0].allowance.monthly: "32d" is too long. A month has at most 31d.',
  ],
  [
    'an allowance of a rule for services',
    allowance('daily: 2h, services: [a]'),
    '7:33: services.a.allow[0].allowance.services: "services" does not belong here. A rule is of one service; allowances for several belong to "people".',
  ],
  [
    'a warning before more than there is',
    allowance('daily: 1h, weekly: 20m, warn_before: [10m, 20m, 1h]'),
    '7:70: services.a.allow[0].allowance.warn_before[2]: "1h" is more than the whole weekly allowance of 20m. Write less, or remove it.',
  ],
  [
    'a warning without a unit',
    allowance('daily: 1h, warn_before: 10'),
    '7:46: services.a.allow[0].allowance.warn_before: "10" is not a duration. Add the unit: "10s" for seconds, "10m" for minutes.',
  ],
  [
    'a warning at nothing',
    allowance('daily: 1h, warn_before: [0s]'),
    '7:47: services.a.allow[0].allowance.warn_before[0]: "0s" is too short. The shortest duration is 1s.',
  ],
  [
    'dates without charge',
    allowance('daily: 1h, uncharged: [2026-12-24]'),
    '7:45: services.a.allow[0].allowance.uncharged[0]: "2026-12-24" is of one year only. Only "also" of a rule takes windows on certain dates.',
  ],
  [
    'no windows without charge',
    allowance('daily: 1h, uncharged: []'),
    '7:44: services.a.allow[0].allowance.uncharged: The list is empty. Write at least one entry, such as [sat 10:00-12:00]',
  ],
  [
    'an allowance and an end of a deny rule',
    after(
      'services: { a: { ports: [1/tcp], deny: [{ from: any, allowance: { daily: 1h }, at_end: keep }] } }',
    ),
    '2:54: services.a.deny[0].allowance: "allowance" does not belong here. Only allow rules have an allowance. A deny rule denies from the first second on.',
    '2:80: services.a.deny[0].at_end: "at_end" does not belong here. Only allow rules have it: what becomes of a connection that is let in no more.',
  ],
];

describe('parseConfig refuses', () => {
  it.each(wrongRows)('a wrong rule: %s', (_, text, ...problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });
});
