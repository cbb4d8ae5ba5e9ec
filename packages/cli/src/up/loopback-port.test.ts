// SPDX-License-Identifier: MIT
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.fixture.ts';
import { ensureLoopbackPort } from './loopback-port.ts';

it('chooses a port below the range of outgoing connections, once', async () => {
  const file = join(temporaryDirectory(), 'nats.port');
  const port = await ensureLoopbackPort(file);
  expect(port).toBeGreaterThanOrEqual(21_000);
  expect(port).toBeLessThan(30_000);
  expect(await ensureLoopbackPort(file)).toBe(port);
});

it('chooses another one when somebody took it', async () => {
  const file = join(temporaryDirectory(), 'nats.port');
  const port = await ensureLoopbackPort(file);
  const squatter = createServer();
  onTestFinished(() => void squatter.close());
  await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve));
  const other = await ensureLoopbackPort(file);
  expect(other).not.toBe(port);
  expect(readFileSync(file, 'utf8')).toBe(`${other}\n`);
});

it.each(['', 'four', '22', '70000'])('does not believe a file that says "%s"', async (text) => {
  const file = join(temporaryDirectory(), 'nats.port');
  writeFileSync(file, text);
  expect(await ensureLoopbackPort(file)).toBeGreaterThanOrEqual(21_000);
});
