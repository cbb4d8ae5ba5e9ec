// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { after, configOf, rule } from './load.fixture.ts';
import type { Rule } from './types.ts';

/** The first allow rule of a file in the time zone Europe/Berlin. */
function ruleOf(...keys: readonly string[]): Rule {
  const found = configOf(`${rule(...keys)}timezone: Europe/Berlin\n`).services.get('a')?.allow[0];
  if (found === undefined) throw new TypeError('no rule');
  return found;
}

const everyDay = [1, 2, 3, 4, 5, 6, 7];
const clock = (hours: number, minutes = 0): number => hours * 3_600 + minutes * 60;

describe('parseConfig reads of a rule', () => {
  it('nothing but the sources where it says no more', () => {
    const plain = {
      countries: null,
      notCountries: null,
      windows: null,
      expires: null,
      allowance: null,
      atEnd: 'cut',
    };
    expect(ruleOf()).toEqual({ path: 'services.a.allow[0]', from: [{ kind: 'lan' }], ...plain });
    const short = configOf(after('services: { a: { ports: [1/tcp], deny: [any], allow: [] } }'));
    expect(short.services.get('a')?.deny[0]).toMatchObject({ from: [{ kind: 'any' }], ...plain });
  });

  it.each([
    ['fri 18:00-23:30', [5], clock(18), clock(23, 30)],
    ['sat-sun 10:00-23:30', [6, 7], clock(10), clock(23, 30)],
    ['fri-mon 08:00-09:00', [1, 5, 6, 7], clock(8), clock(9)],
    ['"mon,wed,fri-sat 16:00-18:00"', [1, 3, 5, 6], clock(16), clock(18)],
    ['"sun,mon,mon-tue"', [1, 2, 7], 0, clock(24)],
    ['16:00-18:00', everyDay, clock(16), clock(18)],
    ['22:00-02:00', everyDay, clock(22), clock(26)],
    ['22:00-00:00', everyDay, clock(22), clock(24)],
    ['sat 22:00-24:00', [6], clock(22), clock(24)],
    ['00:00-24:00', everyDay, 0, clock(24)],
    ['00:00:01-00:00', everyDay, 1, clock(24)],
    ['sat', [6], 0, clock(24)],
    ['Mon-FRIDAY 08:00:30-08:00:31', [1, 2, 3, 4, 5], clock(8) + 30, clock(8) + 31],
  ])('the window %s', (text, days, from, to) => {
    const windows = { weekly: [{ days, from, to }], except: [], also: [] };
    expect(ruleOf(`windows: [${text}]`).windows).toEqual(windows);
    expect(ruleOf(`windows: ${text}`).windows).toEqual(windows);
  });

  it('windows with days left out, and others added', () => {
    expect(
      ruleOf(
        'windows: [fri 18:00-23:30]',
        'except: [2026-12-24..2027-01-06, 2026-05-01]',
        'also: [2026-12-31 20:00-02:00, 2027-01-02..2027-01-05 10:00-12:00, 2027-01-06]',
      ).windows,
    ).toEqual({
      weekly: [{ days: [5], from: clock(18), to: clock(23, 30) }],
      except: [
        { first: '2026-12-24', last: '2027-01-06' },
        { first: '2026-05-01', last: '2026-05-01' },
      ],
      also: [
        { dates: { first: '2026-12-31', last: '2026-12-31' }, from: clock(20), to: clock(26) },
        { dates: { first: '2027-01-02', last: '2027-01-05' }, from: clock(10), to: clock(12) },
        { dates: { first: '2027-01-06', last: '2027-01-06' }, from: 0, to: clock(24) },
      ],
    });
  });

  it('exceptions alone as every other day', () => {
    expect(ruleOf('except: 2026-12-24').windows).toEqual({
      weekly: [{ days: everyDay, from: 0, to: clock(24) }],
      except: [{ first: '2026-12-24', last: '2026-12-24' }],
      also: [],
    });
  });

  it('an empty list of windows beside others as those alone, and empty lists as nothing said', () => {
    expect(ruleOf('windows: []', 'also: 2028-02-29').windows).toMatchObject({ weekly: [], except: [] });
    expect(ruleOf('except: []', 'also: []').windows).toBeNull();
  });

  it('days of a list that each have a line, as whole days', () => {
    expect(ruleOf('windows:', '  - sat', '  - sun 10:00-12:00').windows?.weekly).toEqual([
      { days: [6], from: 0, to: clock(24) },
      { days: [7], from: clock(10), to: clock(12) },
    ]);
  });

  it.each([
    ['2026-12-31', '2026-12-31T23:00:00.000Z'],
    ['2026-03-28', '2026-03-28T23:00:00.000Z'],
    ['2026-12-31T18:00', '2026-12-31T17:00:00.000Z'],
    ['2026-07-31 18:00:30', '2026-07-31T16:00:30.000Z'],
    ['2026-12-31T24:00', '2026-12-31T23:00:00.000Z'],
    ['2026-12-31T18:00:00+05:30', '2026-12-31T12:30:00.000Z'],
    ['2026-12-31T18:00-0300', '2026-12-31T21:00:00.000Z'],
    ['2026-12-31T18:00:00.250Z', '2026-12-31T18:00:00.250Z'],
    ['1999-12-31', '1999-12-31T23:00:00.000Z'],
    ['2026-03-29T02:30', '2026-03-29T01:00:00.000Z'],
    ['2026-10-25T02:30', '2026-10-25T00:30:00.000Z'],
  ])('the expiry %s as %s', (text, instant) => {
    const { expires } = ruleOf(`expires: ${text}`);
    expect(new Date(expires ?? 0).toISOString()).toBe(instant);
  });

  it('countries in any case, each once, Norway among them', () => {
    expect(ruleOf('countries: [NO, no, fr, XK]').countries).toEqual(['NO', 'FR', 'XK']);
    expect(ruleOf('not_countries: NO')).toMatchObject({ countries: null, notCountries: ['NO'] });
  });

  it('an allowance in seconds, with its warnings in order', () => {
    expect(
      ruleOf(
        'allowance: { daily: 2h, weekly: 7d, monthly: 31d, uncharged: [sat 10:00-12:00], warn_before: [2m, 10m, 120s] }',
      ).allowance,
    ).toEqual({
      daily: clock(2),
      weekly: 604_800,
      monthly: 2_678_400,
      uncharged: { weekly: [{ days: [6], from: clock(10), to: clock(12) }], except: [], also: [] },
      warnBefore: [600, 120],
    });
  });

  it.each(['0', '"0"', '0s', '0m', '0h'])('an allowance of %s as none, and not as no limit', (text) => {
    expect(ruleOf(`allowance: { daily: ${text}, warn_before: 10m }`).allowance).toEqual({
      daily: 0,
      weekly: null,
      monthly: null,
      uncharged: null,
      warnBefore: [600],
    });
  });

  it('what it does at its end, or else what the service does', () => {
    const config = configOf(
      after('services: { a: { ports: [1/tcp], at_end: keep, allow: [lan, { from: any, at_end: cut }] } }'),
    );
    const service = config.services.get('a');
    expect(service?.atEnd).toBe('keep');
    expect(service?.allow.map((one) => one.atEnd)).toEqual(['keep', 'cut']);
  });

  it('all conditions of a deny rule', () => {
    const text =
      'deny: [{ from: any, not_countries: DE, windows: mon, except: 2026-05-01, expires: 2026-12-31 }]';
    const [deny] =
      configOf(after(`services: { a: { ports: [1/tcp], ${text} } }`)).services.get('a')?.deny ?? [];
    expect(deny).toMatchObject({
      notCountries: ['DE'],
      windows: { weekly: [{ days: [1] }] },
      allowance: null,
    });
    expect(deny?.expires).not.toBeNull();
  });
});
