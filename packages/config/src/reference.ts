// SPDX-License-Identifier: MIT
// The reference page of nftoggle.yml, made from the schema so that it cannot say anything else.
import { z } from 'zod';
import { configSchemaTree, type SchemaNode } from './json-schema.ts';
import { isBlock } from './raw-value.ts';
import { safeDefaultConfig } from './safe-default.ts';
import { valueKinds } from './schema.ts';
import { examplesOf } from './schema-walk.ts';

/** Markdown: one table for each block of keys, and what each kind of value looks like. */
export function configReference(): string {
  const tree = configSchemaTree();
  const parts = [intro(), ...sections('', tree), values(), example()];
  return `${parts.join('\n\n')}\n`;
}

function intro(): string {
  return [
    '# nftoggle.yml',
    '',
    'Generated from the schema of the configuration: change it there.',
    '',
    'One YAML 1.2 file in UTF-8, at most 1 MiB. A file with a problem is never used, not even in part: what ran',
    'before goes on, and each problem is reported with its line, its column and what would be right. Keys that',
    'are not listed here are problems too. NAME stands for a name that you choose.',
  ].join('\n');
}

/** A block of keys, then the blocks within it. */
function sections(path: string, node: SchemaNode): readonly string[] {
  const block = asBlock(node);
  const inner = Object.entries(block.properties ?? {}).flatMap(([key, child]) =>
    sectionsBelow(path, key, child),
  );
  return [section(path, node, block), ...inner];
}

function sectionsBelow(path: string, key: string, child: SchemaNode): readonly string[] {
  const named = child.additionalProperties ? child.additionalProperties : null;
  const here = join(path, key);
  if (named !== null) return sections(`${here}.NAME`, named);
  if (asBlock(child).properties !== undefined) return sections(here, child);
  // `deny` holds the same rules but for two keys, and one table is enough.
  if (key === 'allow' && child.items !== undefined) return sections(`${here}[]`, child.items);
  return [];
}

/** The block that a node is, or that it may be where there is a short form as well. */
function asBlock(node: SchemaNode): SchemaNode {
  return node.anyOf?.find((choice) => choice.properties !== undefined) ?? node;
}

function section(path: string, node: SchemaNode, block: SchemaNode): string {
  const title = path === '' ? 'Top level' : `\`${path}\``;
  const lines = [`## ${title}`, '', node.description ?? ''];
  if (block.properties === undefined) return [...lines, '', `Type: ${typeOf(node)}.`].join('\n');
  const rows = Object.entries(block.properties).map(([key, child]) => row(key, child, block.required ?? []));
  return [...lines, '', '| key | type | default | meaning |', '| --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
}

function row(key: string, node: SchemaNode, required: readonly string[]): string {
  const cells = [`\`${key}\``, typeOf(node), defaultOf(node, required.includes(key)), node.description ?? ''];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function defaultOf(node: SchemaNode, required: boolean): string {
  if (required) return '*required*';
  if (node.computedDefault !== undefined) return node.computedDefault;
  const value = node.default;
  if (node.properties !== undefined) return 'see below';
  const empty = value === undefined || (Array.isArray(value) ? value.length === 0 : isBlock(value));
  if (empty) return 'none';
  return Array.isArray(value) ? `\`[${value.join(', ')}]\`` : `\`${String(value)}\``;
}

function typeOf(node: SchemaNode): string {
  if (node.title !== undefined) return `[${node.title}](#${anchor(node.title)})`;
  if (node.enum !== undefined) return node.enum.map((value) => `\`${String(value)}\``).join(' or ');
  if (node.const !== undefined) return `\`${String(node.const)}\``;
  if (node.anyOf !== undefined) return node.anyOf.map(typeOf).join(' or ');
  if (node.type === 'boolean') return '`true` or `false`';
  if (node.items !== undefined) return `list: ${typeOf(node.items)}`;
  if (node.type === 'integer') return `whole number, ${node.minimum} to ${node.maximum}`;
  if (node.type === 'string') return 'text';
  return node.type === 'object' ? 'block' : (node.type ?? 'any');
}

/** What the titles in the type columns mean. */
function values(): string {
  const parts = valueKinds.map((kind) => {
    const { title, description } = z.globalRegistry.get(kind) ?? {};
    const shown = examplesOf(kind)
      .map((example) => `\`${String(example)}\``)
      .join(', ');
    return `### ${title}\n\n${description}${shown === '' ? '' : ` For example ${shown}.`}`;
  });
  return ['## Values', ...parts].join('\n\n');
}

function anchor(title: string): string {
  return title.toLowerCase().replaceAll(' ', '-');
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function example(): string {
  return `## The file that is written where there is none\n\n\`\`\`yaml\n${safeDefaultConfig()}\`\`\``;
}
