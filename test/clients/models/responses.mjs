// The Responses API of OpenAI, streamed.
import { sendEvents } from './model.mjs';

const partsOf = (content) => (typeof content === 'string' ? [{ text: content }] : (content ?? []));
const textOf = (content) =>
  partsOf(content)
    .map(({ text }) => text ?? '')
    .join('\n');

/** The content of a result, as the model gets it. This API has no mark for failed calls. */
function resultOf({ output }) {
  const images = partsOf(output).filter(({ type }) => type === 'input_image');
  return { text: textOf(output), images: images.map(({ image_url: url }) => url.slice(5, url.indexOf(';'))), raw: output };
}

/** The tools of a request. Tools of a namespace have its prefix, and its description counts as instructions. */
const toolsOf = (tools, namespace) =>
  tools.flatMap(({ type, name, description, parameters, tools: inner }) => {
    if (type === 'namespace') return toolsOf(inner, name);
    const shown = namespace === undefined ? name : `${namespace}.${name}`;
    return type === 'function' ? [{ name: shown, own: { name, namespace }, description, schema: parameters }] : [];
  });

export const responses = {
  accepts: (method, path) => method === 'POST' && path === '/v1/responses',
  other: (path) => (path === '/v1/models' ? { body: { object: 'list', data: [] } } : { status: 404 }),
  read: ({ tools = [], instructions = '', input }) => ({
    tools: toolsOf(tools),
    system: [instructions, ...tools.map(({ description }) => description), ...input.map(({ content }) => textOf(content))].join('\n'),
    results: input.filter(({ type }) => type === 'function_call_output').map(resultOf),
  }),
  reply(response, { body: { model }, answer }) {
    const item = answer.call
      ? { type: 'function_call', id: `fc_${answer.call.id}`, call_id: answer.call.id, ...answer.call.tool.own, status: 'completed' }
      : { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: answer.text }] };
    if (answer.call) item.arguments = JSON.stringify(answer.call.args);
    const usage = { input_tokens: 100, output_tokens: 10, total_tokens: 110 };
    const reply = { id: 'resp_1', object: 'response', created_at: 0, model, status: 'in_progress', output: [] };
    sendEvents(response, [
      { type: 'response.created', response: reply },
      { type: 'response.output_item.added', output_index: 0, item },
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.completed', response: { ...reply, status: 'completed', output: [item], usage } },
    ]);
  },
};
