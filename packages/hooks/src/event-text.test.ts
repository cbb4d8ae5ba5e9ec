// SPDX-License-Identifier: MIT
import { type EventType, eventTypes, nobody } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { eventText } from './event-text.ts';
import { aDenial, anEvent } from './hook.fixture.ts';

const zone = 'Europe/Berlin';

/** What each example says, as of 18:05 in Berlin. */
const messages: Readonly<Record<EventType, string>> = {
  session_started: "leo's console began to use minecraft, allowed until 22:05",
  session_ended: "leo's console stopped using minecraft after 1 h 20 min",
  access_denied:
    '203.0.113.7 (DE) was refused minecraft 3 times since 18:04: no rule matches the source, and the default is to deny',
  denials_counted: '3520 packets from 85 sources refused since 18:04: minecraft 3520',
  ruleset_restored: 'Somebody removed our nftables table. It is back.',
  grant_issued: 'example opened minecraft for leo until 19:05: homework is done',
  grant_extended: 'example lets leo use minecraft until 19:05 now',
  grant_revoked: 'example closed minecraft for leo before its time',
  grant_ended: 'The time that example gave leo for minecraft is over',
  allowance_low: 'leo has 10 min left',
  allowance_spent: 'leo has used up the time; there is more from Tue 04:05',
  allowance_changed: 'example gave leo 30 min more for today: the rooms are tidy',
  permissions_changed: 'What is allowed may have changed (grant) for minecraft',
  clock_changed:
    'The clock is not believed, so no window is open: the clock shows a time long before this version was made',
  wake_started: 'console is being woken for minecraft, which takes about 20 s',
  wake_ready: 'console is ready for minecraft after 21 s',
  wake_failed:
    'console was not ready for minecraft within 1 min 30 s: nothing was heard of it: is Wake-on-LAN switched on in its firmware?',
  hook_failed: 'The hook phone did not get access_denied in 12 attempts: ntfy.example answered 503',
  config_changed: 'policy runs revision 0123456789ab of the configuration',
  config_refused:
    'policy keeps its last good configuration, since revision 0123456789ab is wrong: nftoggle.yml:7:5 There is no key "sevrices".',
};

describe('the text of an event', () => {
  it.each(eventTypes)('tells %s', (type) => {
    expect(eventText(anEvent(type), zone).message).toBe(messages[type]);
  });

  it.each(eventTypes)('has a title for %s, marked when it is a test', (type) => {
    const { title } = eventText(anEvent(type), zone);
    const test = eventText(anEvent(type), zone, true);
    expect(title.length).toBeGreaterThan(3);
    expect(test).toMatchObject({ title: `test: ${title}`, message: `test: ${messages[type]}` });
  });

  it.each([
    [{ ...nobody, device: 'console', person: 'leo' }, "leo's console"],
    [{ ...nobody, device: 'nas' }, 'nas'],
    [{ ...nobody, person: 'leo' }, 'leo'],
    [{ ...nobody, country: 'FR' }, '203.0.113.7 (FR)'],
    [nobody, '203.0.113.7'],
  ])('calls %o what people call it', (who, name) => {
    const text = eventText(aDenial({ who, count: 1 }), zone).message;
    expect(text).toMatch(new RegExp(`^${name.replace(/[().]/g, '\\$&')} was refused minecraft: no rule`));
  });

  it('says why a session ended that did not end of its own, and by what clock', () => {
    const cut = anEvent('session_ended', { reason: 'window_end' });
    expect(eventText(cut, zone).message).toMatch(/after 1 h 20 min: the window closed$/);
    const soon = aDenial({ next_allowed: '2026-11-27T15:00:00.000Z', enforced: false });
    expect(eventText(soon, zone).message).toMatch(/would have been refused .*; next allowed Fri 16:00$/);
    const late = aDenial({ next_allowed: '2027-03-29T14:00:00.000Z' });
    expect(eventText(late, zone).message).toMatch(/; next allowed 2027-03-29 16:00$/);
    expect(eventText(late, 'Asia/Tokyo').message).toMatch(/; next allowed 2027-03-29 23:00$/);
  });

  it('takes time away', () => {
    const less = anEvent('allowance_changed', { bonus: -5_400, why: null });
    expect(eventText(less, zone).message).toBe('example took 1 h 30 min of today from leo');
  });

  it('is one line of characters that can be seen, and short, whatever the event holds', () => {
    const why = `$(reboot)\n\`id\`\0 "quoted" \u202e${'x'.repeat(5_000)}`;
    const { grant } = anEvent('grant_issued').data;
    const { message } = eventText(anEvent('grant_issued', { grant: { ...grant, why } }), zone);
    expect(message).toContain('$(reboot)\\u{a}`id`\\u{0} "quoted" \\u{202e}xxx');
    expect(message).not.toMatch(/\p{Cc}/u);
    expect(message.length).toBeLessThan(400);
  });
});
