// The Chat Completions API of OpenAI and compatible providers, plain and streamed.
import { sendEvents } from './model.mjs';

const partsOf = (content) => (typeof content === 'string' ? [{ text: content }] : (content ?? []));
const textOf = (content) =>
  partsOf(content)
    .map(({ text }) => text ?? '')
    .join('\n');
const imagesOf = (content) =>
  partsOf(content).flatMap(({ image_url: image }) => (image ? [image.url.slice(5, image.url.indexOf(';'))] : []));

/** The content of a result, as the model gets it; images may follow in a user message. */
function resultOf({ content }, next) {
  const images = [...imagesOf(content), ...(next?.role === 'user' ? imagesOf(next.content) : [])];
  return { text: textOf(content), images, raw: content };
}

export const completions = {
  accepts: (method, path) => method === 'POST' && path === '/v1/chat/completions',
  other: (path) => (path === '/v1/models' ? { body: { object: 'list', data: [] } } : { status: 404 }),
  read: ({ tools = [], messages }) => ({
    tools: tools.map(({ function: { name, description, parameters } }) => ({ name, description, schema: parameters })),
    system: messages.map(({ content }) => textOf(content)).join('\n'),
    results: messages.flatMap((message, at) => (message.role === 'tool' ? [resultOf(message, messages[at + 1])] : [])),
  }),
  reply(response, { body: { model, stream }, answer }) {
    const call = answer.call && {
      id: answer.call.id,
      type: 'function',
      function: { name: answer.call.name, arguments: JSON.stringify(answer.call.args) },
    };
    const reason = call ? 'tool_calls' : 'stop';
    const about = { id: 'chatcmpl_1', created: 0, model };
    const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 };
    if (!stream) {
      const message = { role: 'assistant', content: answer.text ?? null, ...(call ? { tool_calls: [call] } : {}) };
      const whole = { ...about, object: 'chat.completion', choices: [{ index: 0, message, finish_reason: reason }], usage };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(whole));
      return;
    }
    const delta = { role: 'assistant', ...(call ? { tool_calls: [{ index: 0, ...call }] } : { content: answer.text }) };
    const chunk = (choices, more) => ({ ...about, object: 'chat.completion.chunk', choices, ...more });
    sendEvents(response, [
      chunk([{ index: 0, delta, finish_reason: null }]),
      chunk([{ index: 0, delta: {}, finish_reason: reason }]),
      chunk([], { usage }),
      '[DONE]',
    ]);
  },
};
