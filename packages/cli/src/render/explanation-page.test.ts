// SPDX-License-Identifier: MIT
import { expect, it } from 'vitest';
import { anExplanation } from '../explanation.fixture.ts';
import { plain } from '../paint.ts';
import { explanationPage } from './explanation-page.ts';

const at = '2026-11-23T12:00:00Z';
const frame = { now: new Date('2026-11-23T12:00:01Z'), paint: plain };

it('tells a denial for good with each condition that was looked at', () => {
  expect(explanationPage(anExplanation({ at }), frame)).toBe(
    `deny: none of the 2 rules of ssh matches 203.0.113.66
  source        203.0.113.66
  service       ssh
  reason        no_rule: no rule matches the source, and the default is to deny
  rule          none
  next allowed  never, as far as can be foreseen
  revision      3fa0c1d2e4b5
  ✗  services.ssh.allow[0]  source is lan
  ✗  services.ssh.allow[1]  source is in group vpn`,
  );
});

it('tells when the source would be let in, how long after the moment that was asked about', () => {
  const text =
    'deny: minecraft is open for leo again at fri 16:00 (Europe/Berlin); now it is outside its windows';
  const explanation = anExplanation({
    at: '2026-11-26T19:55:00Z',
    service: 'minecraft',
    source: { address: '192.168.1.30', mac: '3c:22:fb:aa:bb:cc' },
    reason: 'outside_window',
    rule: 'services.minecraft.allow[0]',
    next_allowed: '2026-11-27T15:00:00Z',
    text,
    checks: [
      { rule: 'services.minecraft.allow[0]', condition: 'source is leo', passed: true },
      {
        rule: 'services.minecraft.allow[0]',
        condition: 'thu 20:55 is within mon-fri 16:00-18:00',
        passed: false,
      },
    ],
  });
  expect(explanationPage(explanation, frame)).toBe(
    `${text}
  source        192.168.1.30 (3c:22:fb:aa:bb:cc)
  service       minecraft
  asked about   Thu 20:55 (Europe/Berlin)
  reason        outside_window: the rule for the source is for other times
  rule          services.minecraft.allow[0]
  next allowed  Fri 16:00 (Europe/Berlin), 19 h 5 min later
  revision      3fa0c1d2e4b5
  ✓  services.minecraft.allow[0]  source is leo
  ✗  services.minecraft.allow[0]  thu 20:55 is within mon-fri 16:00-18:00`,
  );
});

it('tells until when, what ends it, what it is charged to and by which grant', () => {
  const explanation = anExplanation({
    at,
    decision: 'allow',
    reason: 'grant_allows',
    grant: 'k3v9x2ab',
    rule: 'services.ssh.allow[0]',
    until: '2026-11-23T12:30:00Z',
    bound: 'grant_end',
    accounts: ['person.leo', 'service.ssh.laptop'],
    text: 'allow: grant k3v9x2ab by ada lets leo in',
    checks: [],
  });
  expect(explanationPage(explanation, { ...frame, notes: ['allowances count as unused'] })).toBe(
    `allow: grant k3v9x2ab by ada lets leo in
  source      203.0.113.66
  service     ssh
  reason      grant_allows: somebody granted it for a while
  grant       k3v9x2ab
  overrides   services.ssh.allow[0]
  until       13:30 (Europe/Berlin), in 30 min: grant ends
  charged to  person.leo, service.ssh.laptop
  revision    3fa0c1d2e4b5
note: allowances count as unused`,
  );
});
