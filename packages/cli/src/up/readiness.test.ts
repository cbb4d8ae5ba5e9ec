// SPDX-License-Identifier: MIT
import { join } from 'node:path';
import type { SystemStatus } from '@nftoggle/contracts';
import { expect, it, vi } from 'vitest';
import { stateWith } from '../fake-daemon.fixture.ts';
import { aStatus } from '../status.fixture.ts';
import { guardingLine, isGuarding, waitUntilGuarding, whatIsMissing } from './readiness.ts';

it('guards only when the kernel guards and questions get answers', () => {
  const status = aStatus();
  const { interceptor } = status;
  if (interceptor === null) throw new TypeError('the fixture has an interceptor');
  expect(isGuarding(status)).toBe(true);
  expect(isGuarding({ ...status, healthy: false })).toBe(false);
  expect(isGuarding({ ...status, interceptor: { ...interceptor, guard: 'failed' } })).toBe(false);
  expect(isGuarding({ ...status, interceptor: { ...interceptor, guard: 'watching' } })).toBe(true);
  expect(isGuarding({ ...status, interceptor: null })).toBe(false);
});

it('guards without wol and hooks when they do not come in time, and without nothing else', () => {
  const status = { ...aStatus(), healthy: false, wol: null };
  expect(isGuarding(status)).toBe(false);
  expect(isGuarding(status, true)).toBe(true);
  expect(isGuarding({ ...status, policy: null }, true)).toBe(false);
  expect(isGuarding({ ...status, interceptor: null }, true)).toBe(false);
  expect(isGuarding({ ...aStatus(), healthy: false }, true)).toBe(false);
  expect(isGuarding({ ...aStatus(), healthy: false, hooks: null })).toBe(false);
  expect(isGuarding({ ...aStatus(), healthy: false, hooks: null }, true)).toBe(true);
  expect(isGuarding({ ...aStatus(), stats: null })).toBe(true);
});

it('waits for wol no longer than it takes to complain of others, who are waited for', async () => {
  const running = new AbortController();
  const wait = async (status: SystemStatus) => {
    const state = await stateWith({ '/v1/status': [200, status] });
    const silence: string[] = [];
    const waiting = waitUntilGuarding(
      join(state, 'run', 'daemon.sock'),
      running.signal,
      (problem) => silence.push(problem),
      200,
    );
    return { waiting, silence };
  };
  const withoutWol = { ...aStatus(), healthy: false, wol: null };
  const one = await wait(withoutWol);
  expect(await one.waiting).toEqual(withoutWol);
  expect(one.silence).toEqual([]);
  const other = await wait({ ...withoutWol, policy: null });
  await vi.waitFor(() => expect(other.silence).toEqual([expect.stringContaining('policy')]));
  running.abort();
  expect(await other.waiting).toBe(undefined);
});

it('says in one line what is guarded', () => {
  expect(guardingLine(aStatus())).toBe(
    'guarding 2 services (ssh 22/tcp, minecraft 25565/tcp 19132/udp) with revision 3fa0c1d2e4b5: strangers see nothing',
  );
});

it('does not promise in watch mode what it does not do', () => {
  const { interceptor, ...rest } = aStatus();
  if (interceptor === null) throw new TypeError('the fixture has an interceptor');
  const watching = { ...rest, interceptor: { ...interceptor, guard: 'watching' as const } };
  expect(guardingLine(watching)).toMatch(/^watching 2 services .*: nothing is blocked$/);
});

it('names the part that is silent', () => {
  expect(whatIsMissing(undefined)).toContain('api');
  expect(whatIsMissing({ ...aStatus(), interceptor: null })).toContain('interceptor');
  expect(whatIsMissing({ ...aStatus(), policy: null })).toContain('policy');
  expect(whatIsMissing({ ...aStatus(), wol: null })).toMatch(/^wol does not/);
  expect(whatIsMissing({ ...aStatus(), hooks: null })).toMatch(/^hooks does not/);
  expect(whatIsMissing({ ...aStatus(), wol: null, hooks: null })).toMatch(/^wol and hooks do not/);
});
