// SPDX-License-Identifier: MIT
// The interceptor: owns the kernel's side of nftoggle, asks policy about first packets, gives verdicts.
import { runDaemon } from '@nftoggle/daemon';
import { InterceptorDaemon } from './interceptor-daemon.ts';
import { loadNative } from './native.ts';
import { requireNetAdmin } from './privilege.ts';
import { claimNamespace } from './single-instance.ts';

await runDaemon('interceptor', async (context) => {
  requireNetAdmin();
  context.onStop('namespace', await claimNamespace());
  await new InterceptorDaemon(loadNative(), context).start();
});
