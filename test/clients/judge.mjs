// The checks of every client with a model: one script, the required behaviour, and behaviour that is only recorded.
import { AGREED, CALLS } from './calls.mjs';
import { startModel } from './models/model.mjs';
import { callsIn, environmentOf, exportFor, runToEnd, writeParts } from './place.mjs';
import { reportOn } from './report.mjs';

const SCRIPT = [
  ...Object.entries(CALLS).map(([id, call]) => ({ id, ...call })),
  // The last step: a client may end its run here.
  { id: 'unlisted', tool: 'box_move', args: { label: 'label-4711' } },
];
const TOOLS = { box_look: ['label', 'times'], picture: [], point: ['scale'] };
const ASKED = {
  dismissed: /dismissed without an answer/,
  declined: /User denied tool/,
  'cannot be asked': /this client does not support elicitation/,
};
const RUN_MS = 90_000;

/**
 * Runs one client over one transport. `agent.files(context)` returns its settings, `agent.start(context)` its command
 * line and environment; `context` has the environment of the client, the address of the model, the export, and whether the
 * session continues.
 */
export function judgeAgent(agent, transport) {
  return reportOn(agent, transport, async ({ place, report, url, restart }) => {
    const parts = await exportFor(place, agent.id, url);
    writeParts(place, parts);
    await runOnce(agent, place, report, { parts });
    if (transport !== 'restart') return;
    await restart();
    await runOnce(agent, place, report, { parts, again: true });
  });
}

async function runOnce(agent, place, report, { parts, again = false }) {
  // Not every agent has a way to approve calls.
  const script = SCRIPT.filter(({ id }) => id !== 'agreed' || agent.agrees);
  const model = await startModel(agent.api, script);
  try {
    const context = { ...place, model: model.url, parts, again };
    if (!again) writeParts(place, agent.files?.(context) ?? []);
    const { command, env } = agent.start(context);
    const run = await runToEnd(command, { cwd: place.project, env: environmentOf(place, env), ms: RUN_MS });
    const calls = await callsIn(place);
    const faults = report.faults.length;
    judge(report, { run, model, calls, before: report.calls ?? 0 });
    const { tools, earlier } = model.seen;
    const same = again && JSON.stringify(tools) === JSON.stringify(report.tools);
    if (again) report.check('the session continues with the same tools', earlier > 0 && same, { earlier, tools, before: report.tools });
    Object.assign(report, { calls: calls.length, tools });
    if (report.faults.length > faults) console.log(`${report.title} printed: ${run.stdout.slice(-1_500)} ${run.stderr.slice(-1_500)}`);
  } finally {
    await model.stop();
  }
}

function judge(report, { run, model: { seen, steps }, calls, before }) {
  const step = Object.fromEntries(steps.map((one) => [one.id, one]));
  const text = (id) => step[id].result?.text ?? '';
  const outcomes = (tool) => calls.slice(before).flatMap((call) => (call.tool === tool ? [call.outcome] : []));
  const named = (tool) => seen.tools.find(({ name }) => name.endsWith(tool));

  report.check('ends by itself', run.code === 0, `ended with ${run.code}`);
  for (const [tool, keys] of Object.entries(TOOLS)) {
    const { schema, description = '' } = named(tool) ?? {};
    const properties = Object.keys(schema?.properties ?? {});
    report.check(`the model gets ${tool}`, keys.every((key) => properties.includes(key)) && description.includes('Returns a'), seen.tools);
  }
  report.check('a plain call', text('plain').includes('label-4711 label-4711'), step.plain);
  report.check('a bad argument', text('bad').includes('times must be integer') && !text('bad').includes('label-4711 '), step.bad);
  report.check('an image', text('image').includes('a picture of 10 by 10'), step.image);
  report.check('structured data', /42|in words/.test(text('data')), step.data);
  report.check('a tool that is not on the allow-list of the export does not run', outcomes('box_move').length === 0, step.unlisted);
  report.check('the passed calls are in the audit log', outcomes('box_look')[0] === 'ok' && outcomes('point')[0] === 'ok', calls);
  const erased = outcomes('box_erase').filter((outcome) => outcome === 'ok').length;
  report.check(
    'what needs an approval does not run without one',
    erased === (step.agreed ? 1 : 0) && !text('asked').includes('erased'),
    step.asked,
  );
  if (step.agreed) report.check('an approved call runs', text('agreed').includes(`erased ${AGREED}`), step.agreed);
  const told = /mcp\.json|User denied tool execution/.test(text('asked'));
  report.check('the model gets the reason', outcomes('box_erase').length === 0 || told, step.asked);
  report.record(rowOf({ seen, step, text, outcomes, named }));
}

/** Data that a client passes on, drops or adds; recorded without a verdict. */
function rowOf({ seen, step, text, outcomes, named }) {
  const times = named('box_look')?.schema?.properties?.times;
  const everything = JSON.stringify([seen.tools, seen.system, Object.values(step)]);
  const asked = Object.entries(ASKED).find(([, words]) => words.test(text('asked')))?.[0];
  return {
    'name of a tool': named('box_look')?.name,
    instructions: seen.system.includes('furlongs') ? 'passed' : 'dropped',
    'limits in schemas': times?.maximum === 9 ? 'passed' : /maximum/.test(times?.description) ? 'in the description' : 'dropped',
    'bad argument': outcomes('box_look').length > 1 ? 'refused by the gateway' : 'refused by the client',
    image: step.image.result?.images.length > 0 ? 'passed' : 'dropped',
    'structured data': [/in words/.test(text('data')) && 'text', /42/.test(text('data')) && 'data'].filter(Boolean).join(' and '),
    '`_meta`': /meta-4711/.test(everything) ? 'passed' : 'dropped',
    'tool not on its allow-list': step.unlisted.offered ? 'refused by the client' : 'hidden',
    'tool that the gateway asks about': `${asked ?? 'not called'}${step.agreed ? ', or agreed to by a hook' : ''}`,
  };
}
