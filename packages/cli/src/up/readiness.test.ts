// SPDX-License-Identifier: MIT
import { expect, it } from 'vitest';
import { aStatus } from '../status.fixture.ts';
import { guardingLine, isGuarding, whatIsMissing } from './readiness.ts';

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
});
