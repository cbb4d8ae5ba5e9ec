// SPDX-License-Identifier: MIT
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { Backend } from './backend.ts';
import { sendProblem } from './problem.ts';
import { allowanceRoutes } from './routes/allowances.ts';
import { clockRoutes } from './routes/clock.ts';
import { decisionRoutes } from './routes/decisions.ts';
import { eventRoutes } from './routes/events.ts';
import { exportRoutes } from './routes/export.ts';
import { grantRoutes } from './routes/grants.ts';
import { hookRoutes } from './routes/hooks.ts';
import { statisticsRoutes } from './routes/statistics.ts';
import { systemRoutes } from './routes/system.ts';
import { wakeRoutes } from './routes/wake.ts';

/** No question is longer than this, in bytes. */
const bodyLimit = 16 * 1024;

/** An address that is not even looked for: it cannot be decoded, or a name in it is longer than any. */
function refuseAddress(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  sendProblem(reply, error.statusCode ?? 400, { error: 'bad_request', message: `${error.message}.` });
}

export function buildServer(backend: Backend): FastifyInstance {
  // A stop must not wait for clients that keep a connection open for their next question.
  const app = fastify({ forceCloseConnections: true, bodyLimit, frameworkErrors: refuseAddress });
  app.addHook('onResponse', ({ method, routeOptions: { url } }, { statusCode }, done) => {
    // By pattern: names and ids in metrics would be without number.
    backend.onAnswered(url === undefined ? 'none' : `${method} ${url}`, statusCode);
    done();
  });
  systemRoutes(app, backend);
  decisionRoutes(app, backend);
  grantRoutes(app, backend);
  allowanceRoutes(app, backend);
  clockRoutes(app, backend);
  wakeRoutes(app, backend);
  eventRoutes(app, backend);
  statisticsRoutes(app, backend);
  exportRoutes(app, backend);
  hookRoutes(app, backend);
  handleTheRest(app, backend);
  return app;
}

function handleTheRest(app: FastifyInstance, backend: Backend): void {
  app.setNotFoundHandler(({ method, url }, reply) =>
    sendProblem(reply, 404, { error: 'unknown_route', message: `There is no ${method} ${url}.` }),
  );
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return sendProblem(reply, status, { error: 'bad_request', message: error.message });
    backend.onFault(error);
    return sendProblem(reply, 500, {
      error: 'internal_error',
      message: 'A fault of nftoggle; its log says more.',
    });
  });
}
