// SPDX-License-Identifier: MIT
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aFlow } from '@nftoggle/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aSession, network, unused } from './session.fixture.ts';
import { type Memory, type MemoryText, SessionFile } from './session-file.ts';
import { newSessionId } from './session-id.ts';
import { sessionStarted } from './session-new.ts';
import { recordOf, reopened } from './session-records.ts';
import type { OpenSession } from './sessions.ts';

const start = Date.parse('2026-01-05T12:00:00Z');
const clock = { now: () => start + 5, wall: () => start };
const id = newSessionId(start);
const sessions: readonly OpenSession[] = [
  aSession({ id, since: start + 123, until: start + 60_000, accounts: ['person.leo'] }),
  aSession({
    id,
    since: start,
    until: start + 60_000,
    covers: network('2001:db8:0:1::/64'),
    address: '2001:db8:0:1::7',
    mac: '02:00:00:00:00:01',
    outside: true,
    interface: 'lan0',
    who: { device: 'console', person: 'leo', country: 'FR' },
    bound: 'grant_end',
    atEnd: 'keep',
    rule: null,
  }),
  aSession({ id, since: start, until: start + 60_000, covers: network('fe80::7'), link: 'fifteen-letters' }),
];
const nothing = { packets: 0, bytes: 0 };
const flows = [
  {
    key: 'tcp 203.0.113.7 1 192.0.2.1 22 7',
    traffic: { original: { packets: 1, bytes: 40 }, reply: nothing },
  },
  { key: 'udp 203.0.113.7 1 192.0.2.1 22 8', traffic: null },
];
const memory: Memory = {
  sessions: sessions.map((session) => recordOf(session, { use: unused, flows }, clock)),
  untold: [
    {
      type: 'session_started',
      data: sessionStarted(aFlow(), sessions[0] ?? aSession(), clock),
      identity: { id: '0190c0de-0000-7000-8000-000000000000', time: new Date(start).toISOString() },
    },
  ],
};

const textOf = ({ sessions: records, untold }: Memory): MemoryText => ({
  sessions: records.map((record) => JSON.stringify(record)),
  untold: untold.map((event) => JSON.stringify(event)),
});

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nftoggle-sessions-'));
  path = join(directory, 'run', 'sessions.json');
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('the file of sessions', () => {
  it('has what was written, in the next life, and sessions come out of it as they were', async () => {
    await new SessionFile(path, 'boot').write(textOf(memory));
    const read = new SessionFile(path, 'boot').read();
    expect(read).toMatchObject({ ...memory, isOfThisBoot: true, damaged: 0 });
    expect(read?.sessions.map((record) => reopened(record, clock))).toEqual(
      sessions.map((session) => ({ ...session, began: session.since + 5 })),
    );
  });

  it('says whether the machine is the one of before, and when it was written', async () => {
    const file = new SessionFile(path, 'boot');
    await file.write(textOf(memory));
    expect(new SessionFile(path, 'another').read()?.isOfThisBoot).toBe(false);
    utimesSync(path, 1_000, 1_000);
    expect(file.read()?.seen).toBe(1_000_000);
    file.confirm();
    expect(Math.abs((file.read()?.seen ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  it('knows the machine that it is on', async () => {
    await new SessionFile(path).write(textOf(memory));
    expect(new SessionFile(path).read()?.isOfThisBoot).toBe(true);
  });

  it('is private, and whole: what is written lies beside it first', async () => {
    const file = new SessionFile(path, 'boot');
    writeFileSync(join(directory, 'before'), '');
    await file.write({ sessions: [], untold: [] });
    writeFileSync(`${path}.new`, 'half of it', { mode: 0o644 });
    expect(file.read()?.sessions).toEqual([]);
    await file.write(textOf(memory));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'run')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(directory, 'run'))).toEqual(['sessions.json']);
  });

  it('is none before the first is written', () => {
    expect(new SessionFile(path, 'boot').read()).toBeUndefined();
    expect(() => new SessionFile(path, 'boot').confirm()).toThrow(/ENOENT/);
  });

  it.each(['', 'null', '{', '[]', '{"version":2,"sessions":[],"untold":[]}', '{"version":1,"sessions":7}'])(
    'that is damaged is an error, and no list of nothing: %s',
    async (text) => {
      await new SessionFile(path, 'boot').write(textOf(memory));
      writeFileSync(path, text);
      expect(() => new SessionFile(path, 'boot').read()).toThrow();
    },
  );

  it('gives what can be read of one that is damaged in part', async () => {
    await new SessionFile(path, 'boot').write(textOf(memory));
    const content = JSON.parse(readFileSync(path, 'utf8'));
    content.sessions[1].session.until = 'soon';
    content.sessions[2].flows[0].traffic.original.bytes = -1;
    content.untold.push({ type: 'session_ended' }, null);
    writeFileSync(path, JSON.stringify(content));
    const read = new SessionFile(path, 'boot').read();
    expect(read).toMatchObject({ damaged: 4, untold: memory.untold });
    expect(read?.sessions).toEqual(memory.sessions.slice(0, 1));
  });

  it('gives no session of what covers nothing', () => {
    const [record] = memory.sessions;
    if (record === undefined) throw new TypeError();
    const covering = (covers: string, session = id) =>
      reopened({ ...record, session: { ...record.session, covers, session } }, clock);
    expect([covering('nowhere'), covering(''), covering('192.0.2.1', 'zzzzzzzzzzzzzzzzzzzz')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
