// SPDX-License-Identifier: MIT
// Loaded into every Node process of an `up` by NODE_OPTIONS: keeps the api from starting before the interceptor
// guards, whichever of the two the machine is quicker to start.
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

const { NFTOGGLE_STATE: state } = process.env;
const isApi = process.argv[1]?.endsWith('/packages/api/src/main.ts') === true;

function isGuarding(): boolean {
  try {
    return readFileSync(`${state}/log/interceptor.log`, 'utf8').includes('"msg":"guarding"');
  } catch {
    // Its log begins with its first line.
    return false;
  }
}

while (isApi && !isGuarding()) await setTimeout(20);
