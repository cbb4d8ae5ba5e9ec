// SPDX-License-Identifier: MIT
import { SystemStatus } from '@nftoggle/contracts';
import type { FastifyInstance } from 'fastify';
import type { Backend } from '../backend.ts';

export function systemRoutes(app: FastifyInstance, backend: Backend): void {
  app.get('/v1/health', () => ({ ok: true }));
  app.get('/v1/status', async () => SystemStatus.parse(await backend.status()));
}
