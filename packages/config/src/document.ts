// SPDX-License-Identifier: MIT
// YAML text as plain values that still know where they stand in the file.
import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  type YAMLMap,
  type Document as YamlDocument,
} from 'yaml';
import { findings } from './document-check.ts';
import type { Fault } from './parsed.ts';
import type { Path } from './problem.ts';

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A fault of the text itself: `at` counts characters from the start of it. */
export interface TextFault extends Fault {
  readonly at: number;
  readonly path: Path;
}

/** A value that has a key can be pointed at by either. */
export type Side = 'key' | 'value';

export interface ConfigDocument {
  /** Plain values; undefined when the text could not be read at all. */
  readonly raw: unknown;
  readonly faults: readonly TextFault[];
  /** The keys of a block in the order of the file, which plain objects lose for names made of digits. */
  keys(path: Path): readonly string[];
  /** Where a value or its key stands; for one that is missing, the nearest block around its place. */
  position(path: Path, side: Side): Position;
  positionAt(offset: number): Position;
}

// Enough for any file a person wrote; a file that expands to more wants to exhaust the memory.
const maxAliasCount = 100;

export function readDocument(text: string): ConfigDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    // `1:` and `null:` are names like any other.
    stringKeys: true,
    // Found by `findings` in linear time, with the place of the other one.
    uniqueKeys: false,
    prettyErrors: false,
    // `silent` would take a second document for nothing.
    logLevel: 'error',
    lineCounter: lines,
  });
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const found = findings(document, (offset) => positionAt(offset).line);
  const values = toValues(document, found.readable);
  return {
    raw: values.raw,
    faults: [...found.faults, ...values.faults],
    keys: (path) => keysOf(nodeAt(document, path)),
    position: (path, side) => positionAt(offsetOf(document, path, side)),
    positionAt,
  };
}

function toValues(document: YamlDocument.Parsed, readable: boolean): { raw: unknown; faults: TextFault[] } {
  if (!readable) return { raw: undefined, faults: [] };
  try {
    return { raw: document.toJS({ maxAliasCount }), faults: [] };
  } catch {
    const fault: TextFault = {
      at: 0,
      path: [],
      message: 'The aliases (*name) repeat too much.',
      remedy: 'Write the values out, or give them a name under "groups".',
    };
    return { raw: undefined, faults: [fault] };
  }
}

function keysOf(node: unknown): readonly string[] {
  return isMap(node) ? [...pairsOf(node).keys()] : [];
}

// A block is asked for each of its keys, and is a list inside.
const pairs = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

/** The last of equal keys counts, as it does in plain values. */
function pairsOf(map: YAMLMap): ReadonlyMap<string, Pair> {
  const known = pairs.get(map) ?? new Map(map.items.map((pair) => [keyText(pair), pair]));
  pairs.set(map, known);
  return known;
}

function keyText(pair: Pair): string {
  return String(isScalar(pair.key) ? pair.key.value : pair.key);
}

function step(
  document: YamlDocument.Parsed,
  node: unknown,
  key: string | number,
): Pair | { value: unknown } | null {
  const target = isAlias(node) ? node.resolve(document) : node;
  if (isMap(target)) return pairsOf(target).get(String(key)) ?? null;
  if (isSeq(target) && typeof key === 'number' && key in target.items) return { value: target.items[key] };
  return null;
}

function nodeAt(document: YamlDocument.Parsed, path: Path): unknown {
  let node: unknown = document.contents;
  for (const key of path) node = step(document, node, key)?.value;
  return isAlias(node) ? node.resolve(document) : node;
}

function offsetOf(document: YamlDocument.Parsed, path: Path, side: Side): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const [depth, name] of path.entries()) {
    const found = step(document, node, name);
    if (found === null) return offset;
    const key = 'key' in found && isNode(found.key) ? found.key.range?.[0] : undefined;
    const value = isNode(found.value) ? found.value.range?.[0] : undefined;
    // On the way down a key says more than the place where its block starts.
    const wanted =
      depth < path.length - 1 || side === 'key' ? (key ?? value) : emptyOr(found.value, value, key);
    offset = wanted ?? offset;
    node = found.value;
  }
  return offset;
}

/** A value that is not there has a place after its key; the key is what people look for. */
function emptyOr(value: unknown, at: number | undefined, key: number | undefined): number | undefined {
  const empty = isScalar(value) && value.value === null && value.source === '';
  return empty ? (key ?? at) : (at ?? key);
}
