// SPDX-License-Identifier: MIT
// Somebody with an engine and a container in a lab, who is going to be killed: says where the engine keeps its things, and
// what the first process of its machine is.
import { createLab } from '@nftoggle/lab';
import { Engine } from '../engine.ts';
import { importNeighbour, startNeighbour } from '../neighbours.ts';

const lab = await createLab({ only: ['gateway'] });
const engine = await Engine.start(lab.host('gateway'));
await importNeighbour(engine);
await startNeighbour(engine, 'web', { port: 8080 });
console.log(`engine ${engine.machine.directory} ${engine.machine.pid}`);
setInterval(() => undefined, 60_000);
