// SPDX-License-Identifier: MIT
// Which part of the schema a path of the file leads to.
import { z } from 'zod';
import type { Path } from './problem.ts';

/** The schemas that a value may have there, the outermost first: several where the schema leaves a choice. */
export function schemasAt(root: z.core.$ZodType, path: Path): readonly z.core.$ZodType[] {
  let outer: readonly z.core.$ZodType[] = [root];
  for (const key of path) outer = outer.flatMap(open).flatMap((schema) => childOf(schema, key));
  return [...new Set([...outer, ...outer.flatMap(open)])];
}

/** The keys that a block may have; empty where names are free. */
export function knownKeys(schemas: readonly z.core.$ZodType[]): readonly string[] {
  return schemas.flatMap((schema) => (schema instanceof z.ZodObject ? Object.keys(schema.shape) : []));
}

/** The examples that a part of the schema was given; none of a part it is wrapped around. */
export function examplesOf(schema: z.core.$ZodType): readonly unknown[] {
  const examples: unknown = z.globalRegistry.get(schema)?.examples;
  return Array.isArray(examples) ? examples : [];
}

/** Keys that people write in a block and that belong elsewhere, with the reason. */
export function misplacedKeys(schemas: readonly z.core.$ZodType[]): Readonly<Record<string, string>> {
  return Object.assign({}, ...schemas.map((schema) => z.globalRegistry.get(schema)?.misplaced ?? {}));
}

/** Is what stands there nothing for messages and logs? */
export function isSecret(schemas: readonly z.core.$ZodType[]): boolean {
  return schemas.some((schema) => z.globalRegistry.get(schema)?.secret === true);
}

/** Takes off what only adds a default, a description or a conversion. */
function open(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(open);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return open(schema.unwrap());
  }
  // The outer schema of a conversion is the one that says what is wrong with a text.
  if (schema instanceof z.ZodPipe && !(schema.in instanceof z.ZodString)) return open(schema.in);
  return [schema];
}

function childOf(schema: z.core.$ZodType, key: string | number): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodObject) {
    const child: unknown = schema.shape[key];
    return child instanceof z.ZodType ? [child] : [];
  }
  if (schema instanceof z.ZodRecord) return [schema.valueType];
  return schema instanceof z.ZodArray && typeof key === 'number' ? [schema.element] : [];
}
