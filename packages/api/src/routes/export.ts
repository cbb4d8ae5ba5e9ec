// SPDX-License-Identifier: MIT
import { Readable } from 'node:stream';
import { type Refusal, requests } from '@nftoggle/contracts';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { silence } from '../answer.ts';
import type { Backend } from '../backend.ts';
import { badRequest, wrongField } from '../bad-request.ts';
import { askPage, exportText, type Filters } from '../export/export-stream.ts';
import { type Form, type FormName, forms } from '../export/forms.ts';
import { type Table, type TableName, tables } from '../export/tables.ts';
import { isProblem, readSpan } from '../past-span.ts';
import { type Problem, sendProblem, sendRefusal } from '../problem.ts';
import type { WithQuery } from '../query.ts';

/** Everything of a span as a file, however much that is. */
export function exportRoutes(app: FastifyInstance, backend: Backend): void {
  // No HEAD: it would ask for all and throw it away.
  for (const name of Object.keys(tables) as TableName[])
    app.get<WithQuery>(`/v1/stats/export/${name}`, { exposeHeadRoute: false }, ({ query }, reply) =>
      sendExport(backend, name, query, reply),
    );
}

async function sendExport(
  backend: Backend,
  name: TableName,
  query: WithQuery['Querystring'],
  reply: FastifyReply,
): Promise<FastifyReply> {
  const table: Table = tables[name];
  const { format = 'csv', from, to, ...rest } = query;
  const form: Form | undefined = formOf(format);
  if (form === undefined) return sendProblem(reply, 400, wrongField('format'));
  const span = readSpan({ from, to }, Date.now(), backend.timezone());
  if (isProblem(span)) return sendProblem(reply, 422, span);
  const filters = readFilters(table, { ...rest, ...span });
  if (isProblem(filters)) return sendProblem(reply, 400, filters as Problem);
  const first = await askPage(backend, table, filters, null);
  if (first === null) return sendProblem(reply, 503, silence(table.question));
  if ('error' in first) return sendRefusal(reply, first as Refusal);
  return reply
    .type(form.contentType)
    .header('content-disposition', `attachment; filename="nftoggle-${name}.${String(format)}"`)
    .send(Readable.from(exportText(backend, table, form, filters, table.page(first)), { objectMode: false }));
}

function formOf(format: unknown): Form | undefined {
  return typeof format === 'string' && Object.hasOwn(forms, format) ? forms[format as FormName] : undefined;
}

/** Held to the shape of the question that they become part of. */
function readFilters(table: Table, said: Filters): Filters | Problem {
  const unknown = Object.keys(said).find((key) => !['from', 'to', ...table.filters].includes(key));
  if (unknown !== undefined) return badRequest([{ code: 'unknown', path: [], message: '', keys: [unknown] }]);
  const asked = requests[table.question].request.safeParse(said);
  return asked.success ? said : badRequest(asked.error.issues);
}
