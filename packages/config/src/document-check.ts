// SPDX-License-Identifier: MIT
// What can be wrong with the text before anybody asks what it means.
import { type Alias, type Document, isMap, isScalar, visit, type YAMLError, type YAMLMap } from 'yaml';
import type { TextFault } from './document.ts';

interface Findings {
  readonly faults: readonly TextFault[];
  /** False when the values would not be what the author meant. */
  readonly readable: boolean;
}

export function findings(document: Document.Parsed, lineOf: (offset: number) => number): Findings {
  const syntax = [...document.errors, ...document.warnings].map((error) => fromYaml(error, document));
  const older = document.directives.yaml.explicit && document.directives.yaml.version !== '1.2';
  if (older)
    syntax.push(fault(0, 'The file asks for an old version of YAML.', 'Remove the line with %YAML.'));
  if (syntax.length > 0) return { faults: once(syntax), readable: false };
  const aliases = strayAliases(document);
  return { faults: [...repeatedKeys(document, lineOf), ...aliases], readable: aliases.length === 0 };
}

const remedies: Readonly<Record<string, readonly [message: string, remedy: string]>> = {
  TAB_AS_INDENT: ['Tabs cannot indent in YAML.', 'Use spaces.'],
  BAD_INDENT: [
    'The indentation does not fit.',
    'Align the lines of a block, and close each bracket it opens.',
  ],
  MULTIPLE_DOCS: [
    'A second document starts here.',
    'Remove the line with "---": one file is one configuration.',
  ],
  MISSING_CHAR: ['Something is missing here.', 'Check the quotes, commas, colons and brackets of this line.'],
  TAG_RESOLVE_FAILED: ['Tags (!name) have no meaning here.', 'Remove the tag.'],
  BLOCK_AS_IMPLICIT_KEY: ['There are two keys in one line.', 'Start a new line, or put the value in quotes.'],
  BAD_SCALAR_START: ['A value cannot start with this character.', 'Put the value in quotes.'],
  NON_STRING_KEY: ['A key must be a single word.', 'Write NAME: VALUE.'],
  RESOURCE_EXHAUSTION: ['The file is nested too deeply.', 'Check the brackets and dashes of this line.'],
};

function fromYaml(error: YAMLError, document: Document.Parsed): TextFault {
  const [message, remedy] = remedies[error.code] ?? [
    // What it quotes of the file may be a secret.
    `This is not YAML: ${error.message.replace(/: .{3,}$/s, '')}.`,
    'Check the indentation and the punctuation of this line.',
  ];
  const at = error.pos[0];
  return fault(error.code === 'MISSING_CHAR' ? (openQuote(document, at) ?? at) : at, message, remedy);
}

/** Text whose quote is never closed goes on to the end of the file; its start is what people look for. */
function openQuote(document: Document.Parsed, end: number): number | null {
  let start: number | null = null;
  visit(document, {
    Scalar: (_, { type, range }) => {
      const quoted = type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE';
      if (quoted && range && range[0] < end && end <= range[2]) start = range[0];
    },
  });
  return start;
}

/** One slip often makes the parser stumble several times; the first time says it all. */
function once(faults: readonly TextFault[]): TextFault[] {
  const tooDeep = remedies.RESOURCE_EXHAUSTION?.[0];
  const deepest = faults.find((one) => one.message === tooDeep);
  if (deepest !== undefined) return [deepest];
  const first = new Map<string, TextFault>();
  for (const one of faults) if (!first.has(one.message)) first.set(one.message, one);
  return [...first.values()];
}

function repeatedKeys(document: Document.Parsed, lineOf: (offset: number) => number): TextFault[] {
  const faults: TextFault[] = [];
  visit(document, {
    Map: (_, map) => {
      faults.push(...repeatedIn(map, lineOf));
    },
  });
  return faults;
}

function repeatedIn(map: YAMLMap, lineOf: (offset: number) => number): TextFault[] {
  const seen = new Map<string, number>();
  const faults: TextFault[] = [];
  for (const { key } of map.items) {
    if (!isScalar(key)) continue;
    const at = key.range?.[0] ?? 0;
    const name = String(key.value);
    const before = seen.get(name);
    if (before === undefined) seen.set(name, at);
    else
      faults.push(
        fault(at, `The key "${name}" is here twice.`, `The other is in line ${lineOf(before)}; keep one.`),
      );
    // Would be dropped without a word by what reads plain objects.
    if (name === '__proto__') faults.push(fault(at, '"__proto__" cannot be a name.', 'Choose another.'));
  }
  return faults;
}

/** Aliases of nothing, and of a block that they are in themselves. */
function strayAliases(document: Document.Parsed): TextFault[] {
  const faults: TextFault[] = [];
  visit(document, {
    Alias: (_, alias, ancestors) => {
      const target = alias.resolve(document);
      if (target !== undefined && !ancestors.includes(target) && !isInKey(alias, ancestors)) return;
      const remedy = 'If it is meant as text, put it in quotes.';
      faults.push(fault(alias.range?.[0] ?? 0, `The alias *${alias.source} stands for nothing.`, remedy));
    },
  });
  return faults;
}

function isInKey(alias: Alias, ancestors: readonly unknown[]): boolean {
  const map = ancestors.at(-2);
  return isMap(map) && map.items.some((pair) => pair.key === alias);
}

function fault(at: number, message: string, remedy: string): TextFault {
  return { at, path: [], message, remedy };
}
