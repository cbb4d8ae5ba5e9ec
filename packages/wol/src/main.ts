// SPDX-License-Identifier: MIT
import { runDaemon } from '@nftoggle/daemon';
import { serveWol } from './endpoints.ts';

await runDaemon('wol', serveWol);
