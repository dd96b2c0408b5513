// The checks of a client without a model, and the data that it passes to a program.
import { fileURLToPath } from 'node:url';
import { AGREED, CALLS } from './calls.mjs';
import { callsIn, environmentOf, exportFor, runToEnd } from './place.mjs';
import { commandOf, nodeForClients, pythonOf } from './programs.mjs';
import { reportOn } from './report.mjs';

const TOOLS = ['box_erase', 'box_look', 'box_move', 'picture', 'point'];
const POINT = JSON.stringify({ x: 21, y: 42, unit: 'furlong' });
const RUN_MS = 60_000;

/** Runs one client over one transport: its script gets the server and the calls, and prints the results. */
export function judgePlain(client, transport) {
  return reportOn(client, transport, async ({ place, report, url }) => {
    // Server entries have the usual form of other clients.
    const [part] = await exportFor(place, 'claude-code', url);
    const task = { server: part.content.mcpServers.plugmux, calls: Object.values(CALLS) };
    const run = await runToEnd(commandFor(client, task), {
      cwd: place.project,
      env: environmentOf(place, { PYTHONDONTWRITEBYTECODE: '1' }),
      ms: RUN_MS,
    });
    if (run.code === 0) judge(report, client, JSON.parse(run.stdout.trim().split('\n').at(-1)), await callsIn(place));
    else report.fault(`ended with ${run.code}: ${run.stderr.slice(-2_000)}`);
  });
}

function commandFor(client, task) {
  const script = fileURLToPath(new URL(`plain/${client.script}`, import.meta.url));
  if (client.requires) return [pythonOf(client), script, JSON.stringify(task)];
  return [nodeForClients(), script, JSON.stringify({ ...task, library: commandOf(client) })];
}

function judge(report, { asks = false }, { revision, instructions, tools, results }, calls) {
  const result = Object.fromEntries(Object.keys(CALLS).map((id, at) => [id, results[at]]));
  const text = (id) => result[id].content.map((block) => block.text ?? '').join('\n');
  const look = tools.find(({ name }) => name === 'box_look');
  const outcomes = calls.map(({ outcome }) => outcome);

  report.check('the tools', JSON.stringify(tools.map(({ name }) => name).sort()) === JSON.stringify(TOOLS), tools);
  report.check('their schemas', look?.inputSchema.properties.times.maximum === 9, look);
  report.check('a plain call', text('plain') === 'label-4711 label-4711' && !result.plain.isError, result.plain);
  report.check('a bad argument', text('bad').includes('times must be integer') && result.bad.isError === true, result.bad);
  report.check(
    'an image',
    result.image.content.some(({ mimeType }) => mimeType === 'image/png'),
    result.image,
  );
  report.check('structured data', JSON.stringify(result.data.structuredContent) === POINT, result.data);
  // The user declines the first and approves the second.
  const refusal = asks ? 'User denied tool execution' : 'this client does not support elicitation';
  report.check('a declined approval', text('asked').includes(refusal) && result.asked.isError === true, result.asked);
  report.check('a given approval', text('agreed').includes(asks ? `erased ${AGREED}` : refusal), result.agreed);
  report.check('the audit log', outcomes.join(' ') === `ok refused ok ok refused ${asks ? 'ok' : 'refused'}`, outcomes);
  report.record({
    'approval of a call': asks ? 'asks its program' : 'cannot be asked',
    revision: revision ?? 'not shown',
    instructions: instructions?.includes('furlongs') ? 'passed' : 'not shown',
    '`_meta` of a tool': JSON.stringify(tools).includes('tool-meta-4711') ? 'passed' : 'dropped',
    '`_meta` of a result': JSON.stringify(results).includes('result-meta-4711') ? 'passed' : 'dropped',
    'output schemas': tools.some(({ outputSchema }) => outputSchema) ? 'passed' : 'dropped',
  });
}
