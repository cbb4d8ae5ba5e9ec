// SPDX-License-Identifier: MIT
import { type CloudEvent, type EventType, eventTypes, nobody } from '@nftoggle/contracts';
import { describe, expect, it } from 'vitest';
import { type EventText, eventText } from './event-text.ts';
import { aDenial, anEvent } from './hook.fixture.ts';

const text = (
  event: CloudEvent,
  changes: { timezone?: string; now?: number; test?: boolean } = {},
): EventText => eventText(event, { timezone: 'Europe/Berlin', now: Date.parse(event.time), ...changes });

/** What each example says, as of 18:05 in Berlin. */
const messages: Readonly<Record<EventType, string>> = {
  session_started: "leo's console began to use minecraft, allowed until 22:05",
  session_ended: "leo's console stopped using minecraft after 1 h 20 min",
  access_denied: '203.0.113.7 (DE) was refused minecraft 3 times since 18:04: no rule allows it',
  denials_counted: '3520 more packets were refused from at least 85 sources since 18:04: minecraft 3520',
  ruleset_restored: 'Somebody removed the nftables table of nftoggle. It is back as it was.',
  grant_issued: 'example opened minecraft for leo until 19:05: homework is done',
  grant_extended: 'example now lets leo use minecraft until 19:05',
  grant_revoked: 'example closed minecraft for leo before its time',
  grant_ended: 'The time that example gave leo for minecraft is over',
  allowance_low: 'leo has 10 min left',
  allowance_spent: 'leo has used up the time; there is more from Tue 04:05',
  allowance_changed: 'example gave leo 30 min more for today: the rooms are tidy',
  permissions_changed: 'What is allowed may have changed (grant) for minecraft',
  clock_changed:
    'The clock is not trusted, so no window is open and no allowance counts: the clock shows a time long before this version was made',
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
    expect(text(anEvent(type)).message).toBe(messages[type]);
  });

  it.each(eventTypes)('has a title for %s, marked when it is a test', (type) => {
    const { title } = text(anEvent(type));
    const test = text(anEvent(type), { test: true });
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
    const { message } = text(aDenial({ who, count: 1 }));
    expect(message).toMatch(new RegExp(`^${name.replace(/[().]/g, '\\$&')} was refused minecraft: no rule`));
  });

  it('says why a session ended that did not end of its own, and by what clock', () => {
    const cut = anEvent('session_ended', { reason: 'window_end' });
    expect(text(cut).message).toMatch(/after 1 h 20 min: the window closed$/);
    const soon = aDenial({ next_allowed: '2026-11-27T15:00:00.000Z', enforced: false });
    expect(text(soon).message).toMatch(/would have been refused .*; next allowed Fri 16:00$/);
    const late = aDenial({ next_allowed: '2027-03-29T14:00:00.000Z' });
    expect(text(late).message).toMatch(/; next allowed 2027-03-29 16:00$/);
    expect(text(late, { timezone: 'Asia/Tokyo' }).message).toMatch(/; next allowed 2027-03-29 23:00$/);
  });

  it('takes time away', () => {
    const less = anEvent('allowance_changed', { bonus: -5_400, why: null });
    expect(text(less).message).toBe("example took 1 h 30 min of today's time from leo");
  });

  it('is one line of characters that can be seen, and short, whatever the event holds', () => {
    const why = `$(reboot)\n\`id\`\0 "quoted" \u202e${'x'.repeat(5_000)}`;
    const { grant } = anEvent('grant_issued').data;
    const { message } = text(anEvent('grant_issued', { grant: { ...grant, why } }));
    expect(message).toContain('$(reboot) `id`\\u{0} "quoted" \\u{202e}xxx');
    expect(message).not.toMatch(/\p{Cc}/u);
    expect(message.length).toBeLessThan(400);
  });

  it('begins with its time when it comes late', () => {
    const event = anEvent('session_started');
    const said = "leo's console began to use minecraft, allowed until 22:05";
    const at = Date.parse(event.time);
    expect(text(event, { now: at + 5 * 60_000 }).message).toBe(said);
    expect(text(event, { now: at - 3_600_000 }).message).toBe(said);
    expect(text(event, { now: at + 3_600_000 }).message).toBe(`18:05: ${said}`);
    expect(text(event, { now: at + 9 * 3_600_000, test: true }).message).toBe(
      `test: 2026-11-23 18:05: ${said}`,
    );
  });

  it('says of who was let in without a rule why that was', () => {
    const fallback = anEvent('session_started', { reason: 'no_answer', rule: null });
    expect(text(fallback).message).toMatch(/until 22:05: no decision arrived in time, so the fallback/);
  });

  it('tells all that is wrong with a configuration in one line', () => {
    const problem = 'nftoggle.yml:7:5: a: No. Do b.\nnftoggle.yml:9:1: c: No.\n… and 3 more\n';
    expect(text(anEvent('config_refused', { problem })).message).toMatch(
      /: nftoggle\.yml:7:5: a: No\. Do b\. nftoggle\.yml:9:1: c: No\. … and 3 more$/,
    );
  });

  it('does not count what is not there', () => {
    const services = [
      { service: 'ssh', refused: 0, unasked: 1 },
      { service: 'minecraft', refused: 0, unasked: 0 },
    ];
    const one = anEvent('denials_counted', { services, sources: 0 });
    expect(text(one).message).toBe('1 more packet was refused since 18:04: ssh 1');
    expect(text(anEvent('denials_counted', { services: [], sources: 0 })).message).toBe(
      '0 more packets were refused since 18:04',
    );
  });
});
