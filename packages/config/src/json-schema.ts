// SPDX-License-Identifier: MIT
import { z } from 'zod';
import { ConfigText } from './schema.ts';
import { examplesOf } from './schema-walk.ts';

/** A JSON Schema node as far as the reference page reads it. */
export interface SchemaNode {
  readonly title?: string;
  readonly description?: string;
  readonly type?: string;
  readonly default?: unknown;
  /** What the default is where it is no fixed value; not a keyword of JSON Schema. */
  readonly computedDefault?: string;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | false;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
}

/** The JSON Schema (draft 2020-12) of nftoggle.yml, for editors. It knows the form, not which names exist. */
export function configJsonSchema(): Record<string, unknown> {
  return toSchema((node) => {
    delete node.computedDefault;
    delete node.misplaced;
    delete node.secret;
  });
}

/** The same, with what only the reference page says. */
export function configSchemaTree(): SchemaNode {
  return toSchema((node) => {
    delete node.misplaced;
    delete node.secret;
  });
}

function toSchema(adjust: (node: Record<string, unknown>) => void): Record<string, unknown> {
  const schema = z.toJSONSchema(ConfigText, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      // Left out for text that gets converted, because zod takes examples for results.
      const examples = examplesOf(zodSchema);
      if (examples.length > 0) jsonSchema.examples = [...examples];
      adjust(jsonSchema);
    },
  });
  return { ...schema };
}
