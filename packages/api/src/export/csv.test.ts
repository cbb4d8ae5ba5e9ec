// SPDX-License-Identifier: MIT
import { expect, it } from 'vitest';
import { csvRecord } from './csv.ts';

it.each([
  [['a', 1, null, true, ''], 'a,1,,true,\r\n'],
  [['a,b', 'say "no"', 'two\nlines', 'two\r\nlines'], '"a,b","say ""no""","two\nlines","two\r\nlines"\r\n'],
  [['=1+1', '+1', '-1', '@SUM(A1)'], "'=1+1,'+1,'-1,'@SUM(A1)\r\n"],
  [['\t=1', '\r=1'], `'\t=1,"'\r=1"\r\n`],
  // Only numbers of ours may begin with a sign: no spreadsheet takes them for more.
  [[-1, 'a=1', '192.168.1.1'], '-1,a=1,192.168.1.1\r\n'],
  [['=HYPERLINK("x,y")'], `"'=HYPERLINK(""x,y"")"\r\n`],
] as const)('%j is written as %j', (cells, expected) => {
  expect(csvRecord(cells)).toBe(expected);
});
