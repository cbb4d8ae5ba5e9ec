// SPDX-License-Identifier: MIT
import { runDaemon } from '@nftoggle/daemon';
import { servePolicy } from './endpoints.ts';

await runDaemon('policy', servePolicy);
