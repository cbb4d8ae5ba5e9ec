// SPDX-License-Identifier: MIT
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a server on loopback that can be cut and mended while the server itself lives on. */
export interface Link {
  /** The `nats://` address of this end. */
  readonly url: string;
  /** Resets what is connected, at once, and refuses what comes until `mend`. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  close(): Promise<void>;
}

export async function openLink(serverUrl: string): Promise<Link> {
  const target = Number(new URL(serverUrl).port);
  const sockets = new Set<Socket>();
  let server = await listen(target, 0, sockets);
  const { port } = server.address() as AddressInfo;
  const cut = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
    await once(server, 'close');
  };
  return {
    url: `nats://127.0.0.1:${port}`,
    cut,
    mend: async () => {
      server = await listen(target, port, sockets);
    },
    close: cut,
  };
}

async function listen(target: number, port: number, sockets: Set<Socket>): Promise<Server> {
  const server = createServer((near) => join(near, connect(target, '127.0.0.1'), sockets));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function join(near: Socket, far: Socket, sockets: Set<Socket>): void {
  near.pipe(far);
  far.pipe(near);
  for (const [socket, other] of [
    [near, far],
    [far, near],
  ] as const) {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => other.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      other.destroy();
    });
  }
}
