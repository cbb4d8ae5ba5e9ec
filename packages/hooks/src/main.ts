// SPDX-License-Identifier: MIT
import { runDaemon } from '@nftoggle/daemon';
import { serveHooks } from './endpoints.ts';

await runDaemon('hooks', serveHooks);
