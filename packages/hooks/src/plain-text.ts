// SPDX-License-Identifier: MIT
// Names, reasons and problems come from the file, from the network and from other programs: they are data.

/** Longest value in a sentence, in characters. */
export const longestValue = 200;

/**
 * Control characters, line and paragraph separators, and characters that nobody sees but that turn or hide the text
 * around them (Unicode TR 36, section 2.10).
 */
const unseen = /[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu;

/** With the white space around it: lists of problems and answers of servers are written in lines. */
const lineBreak = /[ \t]*[\r\n\u0085\u2028\u2029]\s*|\t+/g;

/** One line in which every character is seen: line breaks are spaces, NUL is `\u{0}`. What is too long ends with `…`. */
export function visible(text: string, longest = longestValue): string {
  const seen = text
    .slice(0, longest * 4)
    .toWellFormed()
    .trim()
    .replace(lineBreak, ' ')
    .replace(unseen, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
  return cut(text.length > longest * 4 ? `${seen}…` : seen, longest);
}

/** At most so many characters; a pair of surrogates is never divided. */
export function cut(text: string, longest: number): string {
  const characters = [...text];
  return characters.length <= longest ? text : `${characters.slice(0, longest - 1).join('')}…`;
}
