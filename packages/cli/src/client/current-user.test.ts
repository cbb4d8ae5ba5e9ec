// SPDX-License-Identifier: MIT
import { userInfo } from 'node:os';
import { expect, it } from 'vitest';
import { currentUser } from './current-user.ts';

it('is the one behind sudo, or else the one who is logged in', () => {
  expect(currentUser({ SUDO_USER: 'ada' })).toBe('ada');
  expect(currentUser({ SUDO_USER: '' })).toBe(userInfo().username);
  expect(currentUser({})).toBe(userInfo().username);
});
