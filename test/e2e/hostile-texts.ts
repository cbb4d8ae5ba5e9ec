// SPDX-License-Identifier: MIT

/** Whoever takes one of these for more than a text leaves the file `mark` behind, or breaks something. */
export function hostileTexts(mark: string): readonly string[] {
  return [
    `$(touch ${mark})`,
    `\`touch ${mark}\``,
    `'; touch ${mark}; '`,
    `"; touch ${mark}; "`,
    `| touch ${mark} & touch ${mark} ;`,
    `\n#!/bin/sh\ntouch ${mark}\n`,
    `\0touch ${mark}\0`,
    `\${IFS}touch\${IFS}${mark}`,
    `--output=${mark}`,
    `'); DROP TABLE event; DROP TABLE session; --`,
    '"}, "accepted": true, "data": {"',
    '\r\nwebhook-signature: v1,none\r\n\r\n',
    '<script>alert(1)</script>&lt;',
    '@everyone [click](https://evil.example) **bold** `code` ||hidden||',
    '{{ states("lock.door") }} {% set x = 1 %} %s %n <%= 7*7 %> #{7*7}',
    '\u001b[2J\u001b]0;owned\u0007 \u202edetrever\u202c \u2028 \u00ad \ufeff',
    'lone \ud800 surrogate, and a whole one \u{1f512}',
    '-rf / ~ * ? [a-z] \\ \\\\ \t',
    'é'.repeat(500),
  ];
}
