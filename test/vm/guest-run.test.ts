// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { type GuestRun, problemsOf, runGuest } from './guest-run.ts';

const guestFile = { file: 'packages/x/src/x.test.ts', tests: /^x > (?!slow)/ };

function aRun(statuses: Readonly<Record<string, string>>): GuestRun {
  const assertionResults = Object.entries(statuses).map(([title, status]) => ({
    ...{ ancestorTitles: ['x'], title, status },
    failureMessages: status === 'failed' ? ['Error: it broke'] : [],
  }));
  const report = { name: `/elsewhere/${guestFile.file}`, message: '', assertionResults };
  return { suite: 'trixie', console: 'booting\nhalted', problem: undefined, reports: [report] };
}

describe('the tests of a file in a virtual machine', () => {
  it('are fine when all that were to run have passed', () => {
    expect(problemsOf(aRun({ one: 'passed', two: 'passed', 'slow one': 'skipped' }), guestFile)).toEqual([]);
  });

  it('are not when one failed: its message is told', () => {
    expect(problemsOf(aRun({ one: 'passed', two: 'failed' }), guestFile)).toEqual([
      'failed: x > two\nError: it broke',
    ]);
  });

  it('are not when one was skipped', () => {
    expect(problemsOf(aRun({ one: 'passed', two: 'skipped' }), guestFile)).toEqual(['skipped: x > two\n']);
  });

  it('are not when none ran: the end of the console is told', () => {
    const none = [aRun({ 'slow one': 'passed' }), { ...aRun({}), reports: [] }];
    for (const run of none)
      expect(problemsOf(run, guestFile).join()).toMatch(/ its console last said:\nbooting\nhalted$/);
  });
});

it('a machine that is not done in time is switched off, and its console told', async () => {
  const run = await runGuest('bookworm', 500);
  expect(problemsOf(run, guestFile).join()).toMatch(
    /^the machine: it was switched off after 0.5 s, without a report; its console last said:/,
  );
});
