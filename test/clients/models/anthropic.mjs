// The Messages API, streamed.
import { sendEvents } from './model.mjs';

const textOf = (system) => (typeof system === 'string' ? system : (system ?? []).map(({ text }) => text).join('\n'));
const blocksOf = (content) => (typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? []));

/** The content of a result, as the model gets it. */
function resultOf({ content, is_error: isError }) {
  const blocks = blocksOf(content);
  return {
    isError,
    text: blocks.map(({ text }) => text ?? '').join('\n'),
    images: blocks.filter(({ type }) => type === 'image').map(({ source }) => source.media_type),
    raw: content,
  };
}

export const anthropic = {
  accepts: (method, path) => method === 'POST' && path === '/v1/messages',
  other: (path) => (path === '/v1/messages/count_tokens' ? { body: { input_tokens: 100 } } : { status: path === '/' ? 200 : 404 }),
  read: ({ tools = [], system, messages }) => ({
    tools: tools.map(({ name, description, input_schema: schema }) => ({ name, description, schema })),
    system: [textOf(system), ...messages.flatMap(({ content }) => blocksOf(content).map(({ text }) => text))].join('\n'),
    results: messages.flatMap(({ content }) => blocksOf(content).filter(({ type }) => type === 'tool_result')).map(resultOf),
  }),
  reply(response, { body: { model, stream }, answer }) {
    const block = answer.call
      ? { type: 'tool_use', id: answer.call.id, name: answer.call.name, input: answer.call.args }
      : { type: 'text', text: answer.text };
    const stop = { stop_reason: answer.call ? 'tool_use' : 'end_turn', stop_sequence: null };
    const usage = { input_tokens: 100, output_tokens: 10 };
    const message = { id: 'msg_1', type: 'message', role: 'assistant', model, content: [], stop_reason: null, stop_sequence: null, usage };
    if (!stream) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ...message, content: [block], ...stop }));
      return;
    }
    const delta = answer.call
      ? { type: 'input_json_delta', partial_json: JSON.stringify(answer.call.args) }
      : { type: 'text_delta', text: answer.text };
    sendEvents(response, [
      { type: 'message_start', message },
      { type: 'content_block_start', index: 0, content_block: answer.call ? { ...block, input: {} } : { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: stop, usage },
      { type: 'message_stop' },
    ]);
  },
};
