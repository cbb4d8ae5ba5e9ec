// SPDX-License-Identifier: MIT
import { runDaemon } from '@nftoggle/daemon';
import { serveStats } from './endpoints.ts';

await runDaemon('stats', serveStats);
