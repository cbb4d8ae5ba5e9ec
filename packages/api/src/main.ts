// SPDX-License-Identifier: MIT
import { runDaemon } from '@nftoggle/daemon';
import { BusBackend } from './bus-backend.ts';
import { buildServer } from './server.ts';
import { listenOnSocket } from './unix-socket.ts';

await runDaemon('api', async (context) => {
  const app = buildServer(new BusBackend(context));
  await listenOnSocket(app, context.settings.NFTOGGLE_SOCKET);
  context.onStop('socket', () => app.close());
});
