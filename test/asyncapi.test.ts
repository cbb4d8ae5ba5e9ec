// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import specs from '@asyncapi/specs';
import { eventTypes, requests } from '@nftoggle/contracts';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const file = join(import.meta.dirname, '../docs/reference/asyncapi.yaml');
const document = parse(readFileSync(file, 'utf8'));

/** Reading the definition of AsyncAPI takes a second, so that is done once. */
function validate(candidate: unknown): unknown {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  const check = ajv.compile(specs.schemasWithoutId['3.0.0'] as object);
  return check(candidate) ? [] : check.errors;
}

describe('asyncapi.yaml', () => {
  it('is a document as AsyncAPI 3.0.0 defines one', () => {
    expect(validate(document)).toEqual([]);
    expect(validate({ ...document, channels: 'all of them' })).not.toEqual([]);
  });

  it('has every question and every event', () => {
    expect(Object.keys(document.operations)).toHaveLength(Object.keys(requests).length + eventTypes.length);
  });

  it('refers to nothing that is not there', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)];
    expect(references.length).toBeGreaterThan(50);
    for (const [, path = ''] of references) {
      const found = path.split('/').reduce((node, key) => node?.[key], document);
      expect(found, path).toBeDefined();
    }
  });
});
