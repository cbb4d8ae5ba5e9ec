// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { configJsonSchema, configSchemaTree, type SchemaNode } from './json-schema.ts';
import { parseConfig } from './load.ts';
import { configReference } from './reference.ts';

/** Every node of a schema with its path. */
function nodes(node: SchemaNode, path = ''): readonly (readonly [path: string, node: SchemaNode])[] {
  const children = [
    ...Object.entries(node.properties ?? {}).map(([key, child]) => [`${path}.${key}`, child] as const),
    ...(node.additionalProperties ? [[`${path}.NAME`, node.additionalProperties] as const] : []),
    ...(node.items ? [[`${path}[]`, node.items] as const] : []),
    ...(node.anyOf ?? []).map((child) => [path, child] as const),
  ];
  return [[path, node], ...children.flatMap(([at, child]) => nodes(child, at))];
}

describe('configJsonSchema', () => {
  it('is a plain draft 2020-12 schema that can be written to a file', () => {
    const schema = configJsonSchema();
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(schema).not.toHaveProperty('$id');
    expect(schema).toMatchObject({ title: 'nftoggle.yml', type: 'object', required: ['version'] });
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });

  it('refuses unknown keys in every block', () => {
    const open = nodes(configSchemaTree()).filter(
      ([, node]) => node.properties && node.additionalProperties !== false,
    );
    expect(open).toEqual([]);
  });

  it('has only keywords that JSON Schema knows', () => {
    const text = JSON.stringify(configJsonSchema());
    for (const ours of ['computedDefault', 'misplaced', '"secret"']) expect(text).not.toContain(ours);
  });

  it('shows text as it is written, not as it is understood', () => {
    const examples = nodes(configSchemaTree()).flatMap(([, node]) => node.examples ?? []);
    expect(examples).toContain('3478-3480/udp');
    expect(nodes(configSchemaTree()).find(([path]) => path.endsWith('.open_for'))?.[1].default).toBe('1h');
  });
});

describe('configReference', () => {
  const page = configReference();

  it('describes every key, with its default', () => {
    for (const [path, node] of nodes(configSchemaTree())) {
      const required = node.required ?? [];
      for (const [key, child] of Object.entries(node.properties ?? {})) {
        expect(child.description, `${path}.${key}`).toMatch(/\.$/);
        const row = page
          .split('\n')
          .find((line) => line.startsWith(`| \`${key}\` |`) && line.includes(child.description ?? '?'));
        expect(row, `${path}.${key}`).toContain(required.includes(key) ? '*required*' : '|');
        if (typeof child.default === 'string') expect(row).toContain(`\`${child.default}\``);
      }
    }
  });

  it('leads somewhere with every link', () => {
    const headings = [...page.matchAll(/^#+ (.*)$/gm)].map(([, text = '']) =>
      text.toLowerCase().replaceAll(' ', '-'),
    );
    const links = [...page.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor]) => anchor);
    expect(links.length).toBeGreaterThan(10);
    expect(links.filter((anchor) => !headings.includes(anchor ?? ''))).toEqual([]);
  });

  it('shows a file that is right', () => {
    const yaml = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    expect(parseConfig(yaml, { file: 'nftoggle.yml' }).ok).toBe(true);
  });

  it('says "none" for no block of keys that has defaults, and never shows an object', () => {
    expect(page).not.toMatch(/undefined|\[object|null/);
    expect(page).toContain('| `mark_mask` | [mask](#mask) | `0xfff00000` |');
    expect(page).toContain('| `ports` | list: whole number, 1 to 65535 | `[9, 7]` |');
    expect(page).toContain('| `forward` | `true` or `false` or block | `false` |');
    expect(page).toContain('| `queue` | whole number, 0 to 65534 | `4242` |');
  });
});
