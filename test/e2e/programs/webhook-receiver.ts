// SPDX-License-Identifier: MIT
// A receiver of webhooks that does what it is told, on IPv4 and IPv6. Prints each request as a line of JSON before it
// reacts. Each line of input says how it reacts from then on: [first word of the path, reaction].
//   webhook-receiver.ts SEED
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { Random } from '../random.ts';
import type { Posted, Reaction } from '../webhook-receiver.ts';

const random = new Random(Number(process.argv[2]));
const reactions = new Map<string, Reaction>();

const server = createServer((request, response) => void receive(request, response));
server.listen(0, '::', () => {
  const address = server.address();
  console.log(`receiving on ${typeof address === 'object' ? address?.port : ''}`);
});
createInterface({ input: process.stdin }).on('line', (line) => {
  const [hook, reaction] = JSON.parse(line) as [string, Reaction];
  reactions.set(hook, reaction);
  console.log('told');
});

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  // Who asks is killed now and then, in the middle of a sentence.
  const body = await text(request).catch(() => null);
  if (body === null) return;
  const { url: path = '', headers } = request;
  const hook = path.split('/')[1] ?? '';
  const reaction = whim(reactions.get(hook) ?? 'accept');
  const accepted = reaction === 'accept' || reaction === 'close_in_body';
  const posted: Posted = {
    hook,
    path,
    headers: headers as Posted['headers'],
    body,
    accepted,
    at: Date.now(),
  };
  // Separators that JSON leaves as they are, and readers of lines do not.
  console.log(
    JSON.stringify(posted).replace(/[\u2028\u2029]/g, (each) => `\\u${each.charCodeAt(0).toString(16)}`),
  );
  react(reaction, request, response);
}

/** Of a thousand moods, fifty are bad. */
function whim(reaction: Reaction): Exclude<Reaction, 'moody'> {
  if (reaction !== 'moody') return reaction;
  const mood = random.below(1_000);
  if (mood < 15) return { status: random.oneOf([500, 502, 503, 429]) };
  if (mood < 19) return 'hang';
  if (mood < 27) return 'reset';
  if (mood < 35) return 'close_in_head';
  return mood < 50 ? 'close_in_body' : 'accept';
}

function react(
  reaction: Exclude<Reaction, 'moody'>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { socket } = request;
  socket.on('error', () => undefined);
  if (typeof reaction === 'object') response.writeHead(reaction.status).end(reaction.body ?? '');
  else if (reaction === 'accept') response.writeHead(204).end();
  else if (reaction === 'reset') socket.resetAndDestroy();
  else if (reaction === 'close_in_head') socket.end('HTTP/1.1 20');
  else if (reaction === 'close_in_body') socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nThank y');
}
