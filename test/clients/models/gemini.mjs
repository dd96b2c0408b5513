// generateContent, plain and streamed.
import { sendEvents } from './model.mjs';

/** The content of a result, as the model gets it; images are inside the response or next to it. */
function resultOf({ functionResponse }, siblings) {
  const { response, parts = [] } = functionResponse;
  const images = [...parts, ...siblings].map(({ inlineData }) => inlineData?.mimeType).filter(Boolean);
  const text = typeof response?.output === 'string' ? response.output : JSON.stringify(response);
  return { isError: response?.error !== undefined, text, images, raw: functionResponse };
}

export const gemini = {
  accepts: (method, path) => method === 'POST' && /:(streamG|g)enerateContent$/.test(path),
  other: (path) => (path.endsWith(':countTokens') ? { body: { totalTokens: 100 } } : { status: 404 }),
  read: ({ tools = [], systemInstruction, contents = [] }) => ({
    tools: tools
      .flatMap(({ functionDeclarations = [] }) => functionDeclarations)
      .map(({ name, description, parametersJsonSchema, parameters }) => ({
        name,
        description,
        schema: parametersJsonSchema ?? parameters,
      })),
    system: [systemInstruction, ...contents]
      .flatMap((one) => one?.parts ?? [])
      .map(({ text }) => text)
      .join('\n'),
    results: contents.flatMap(({ parts = [] }) =>
      parts
        .filter((part) => part.functionResponse)
        .map((part) =>
          resultOf(
            part,
            parts.filter((one) => one.inlineData),
          ),
        ),
    ),
  }),
  reply(response, { path, answer }) {
    const part = answer.call
      ? { functionCall: { id: answer.call.id, name: answer.call.name, args: answer.call.args } }
      : { text: answer.text };
    const reply = {
      candidates: [{ index: 0, finishReason: 'STOP', content: { role: 'model', parts: [part] } }],
      usageMetadata: { promptTokenCount: 100, candidatesTokenCount: 10, totalTokenCount: 110 },
      modelVersion: 'scripted',
    };
    if (path.endsWith(':streamGenerateContent')) sendEvents(response, [reply]);
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
  },
};
