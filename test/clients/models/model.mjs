// A model server on loopback that follows a script: one tool call per round, then a final text. It implements one
// provider's API and records what that API carries: the tools, the instructions and the result of each call.
import { createServer } from 'node:http';

export const DONE = 'All done.';

/**
 * Starts a model. `api` reads requests and writes replies in the format of a provider:
 * `accepts(method, path)` returns whether a request is for the model, `read(body)` gives its tools, system text and
 * results, `reply(response, { body, path, answer })` sends `{ text }` or `{ call: { id, name, args, tool } }`, `other(path)`
 * answers all other requests. A step of the script is `{ tool, args }`; it gets `offered` and, once called, `result`.
 */
export async function startModel(api, script) {
  const seen = { tools: [], system: '', others: [] };
  const steps = script.map((step) => ({ ...step, offered: true, result: undefined }));
  const issued = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const path = new URL(request.url, 'http://model').pathname;
    if (!api.accepts(request.method, path)) {
      seen.others.push(`${request.method} ${path}`);
      const { status = 200, body = {} } = api.other?.(path) ?? { status: 404 };
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      return;
    }
    const body = JSON.parse(Buffer.concat(chunks).toString());
    api.reply(response, { body, path, answer: answerTo(api.read(body)) });
  });

  function answerTo({ tools, system, results }) {
    // Clients also send side requests, such as one for a title; those carry no tools of the gateway.
    if (!tools.some(({ name }) => steps.some(({ tool }) => isFor(name, tool)))) return { text: DONE };
    if (seen.tools.length === 0) Object.assign(seen, { tools, system });
    // A resumed session contains the results of its last run.
    seen.earlier ??= results.length;
    const fresh = results.slice(seen.earlier);
    for (const [at, result] of fresh.entries()) if (issued[at]) issued[at].step.result = result;
    // A repeated request gets the same reply.
    if (fresh.length < issued.length) return issued[fresh.length].answer;
    for (const step of steps.filter((one) => one.offered && !issued.some((old) => old.step === one))) {
      const tool = tools.find(({ name }) => isFor(name, step.tool));
      if (tool) {
        const answer = { call: { id: `call_${results.length + 1}`, name: tool.name, args: step.args, tool } };
        issued.push({ step, answer });
        return answer;
      }
      step.offered = false;
    }
    return { text: DONE };
  }

  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${server.address().port}`, seen, steps, stop };
}

/** Whether a client's name for a tool is the gateway's tool name, with or without the client's prefix. */
export function isFor(name, tool) {
  return name === tool || (name.endsWith(tool) && /[_\-./:]$/.test(name.slice(0, -tool.length)));
}

/** Sends server-sent events, with event names if the API uses them. */
export function sendEvents(response, events) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  for (const data of events) {
    if (data.type) response.write(`event: ${data.type}\n`);
    response.write(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
  }
  response.end();
}
