// SPDX-License-Identifier: MIT
import { expect, it } from 'vitest';
import { cut, visible } from './plain-text.ts';

it.each([
  ['line breaks and tabs', 'a\nb\r\n \n\tc\td  e \n', 'a b c d  e'],
  ['a NUL byte and an escape', 'a\0\x1b[31m', 'a\\u{0}\\u{1b}[31m'],
  ['text that is turned around', 'a\u202egpj.exe', 'a\\u{202e}gpj.exe'],
  ['what nobody sees', 'pay\u200bpal\u2060\u3164', 'pay\\u{200b}pal\\u{2060}\\u{3164}'],
  ['other ends of lines', 'a\u2028b\u0085c', 'a b c'],
  ['half a character', 'a\ud83d', 'a\ufffd'],
  ['ordinary text', "Zoë's 4€ 👍", "Zoë's 4€ 👍"],
])('shows %s', (_, text, shown) => {
  expect(visible(text)).toBe(shown);
});

it('cuts what is long, and says so, without dividing a character', () => {
  expect(visible('👍'.repeat(500))).toBe(`${'👍'.repeat(199)}…`);
  expect(visible('x'.repeat(100_000))).toBe(`${'x'.repeat(199)}…`);
  expect(cut('abc', 3)).toBe('abc');
  expect(cut('abcd', 3)).toBe('ab…');
});
