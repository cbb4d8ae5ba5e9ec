// SPDX-License-Identifier: MIT
// Writes the generated pages of docs/reference.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { referencePages } from './reference-pages.ts';

const directory = join(import.meta.dirname, '../docs/reference');
mkdirSync(directory, { recursive: true });
for (const [name, text] of referencePages()) writeFileSync(join(directory, name), text);
