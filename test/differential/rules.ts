import type { Answer, Difference, Exchange } from './exchange.ts';

/** Both sides of one exchange. */
export interface Played {
  readonly exchange: Exchange;
  readonly theirs: Answer;
  readonly ours: Answer;
}

/** Why a difference from the reference server is intended. A rule that explains no difference fails the comparison. */
export interface Rule {
  readonly name: string;
  readonly reason: string;
  explains(difference: Difference, played: Played): boolean;
}

const at = (pattern: RegExp) => (difference: Difference) => pattern.test(difference.path);
const codes = (theirs: number, ours: number) => (difference: Difference) =>
  /\.error\.code$/.test(difference.path) && difference.theirs === theirs && difference.ours === ours;
const requestOf = ({ exchange }: Played): { id?: unknown; method?: unknown; params?: unknown } => {
  try {
    return (JSON.parse(exchange.body) ?? {}) as object;
  } catch {
    return {};
  }
};
// The error data that the specification itself requires.
const SPECIFIED = /\.error\.data\.(supported|requested|requiredCapabilities|uri)/;

/** Every intended difference. */
export const RULES: readonly Rule[] = [
  {
    name: 'json-unless-streaming',
    reason: 'A server may answer with JSON or a stream; a stream costs more and is used only if a message precedes the reply.',
    explains: ({ path, theirs, ours }, played) =>
      path === 'kind' && theirs === 'text/event-stream' && ours === 'application/json' && played.theirs.messages.length === 1,
  },
  {
    name: 'session-ended',
    reason: 'The response to the end of a session has no body: 204 or 200.',
    explains: ({ path, theirs, ours }, { exchange }) => exchange.method === 'DELETE' && path === 'status' && theirs === 200 && ours === 204,
  },
  {
    name: 'every-line-is-answered',
    reason: 'A line that is not a message is answered with an error, so its sender does not wait.',
    explains: ({ path, theirs, ours }, played) =>
      /^messages\.0$/.test(path) && theirs === undefined && played.ours.kind === 'lines' && [-32700, -32600, -32602].includes(codeOf(ours)),
  },
  {
    name: 'every-request-stands-alone',
    reason: 'A request with an unsupported revision is rejected, even on a connection that began with another one.',
    explains: ({ path }, { ours, theirs }) =>
      /^messages\.0\.(result|error)$/.test(path) &&
      ours.kind === 'lines' &&
      codeOf(ours.messages[0]) === -32022 &&
      codeOf(theirs.messages[0]) === 0,
  },
  { name: 'wording', reason: 'The specification does not define error texts.', explains: at(/\.error\.message$/) },
  {
    name: 'error-object',
    reason: 'Errors carry the code, the fix and the location in data, which the protocol leaves to servers.',
    explains: ({ path }) => /\.error\.data(\.|$)/.test(path) && !SPECIFIED.test(path),
  },
  {
    name: 'elicitation-form-implied',
    reason: '{ elicitation: {} } and { elicitation: { form: {} } } declare the same.',
    explains: at(/requiredCapabilities\.elicitation\.form$/),
  },
  {
    name: 'failure-object',
    reason: 'A failed call has its code in _meta in addition to the text, so that clients can act on it.',
    explains: at(/\.result\._meta(\.plugmux\/error)?$/),
  },
  {
    name: 'failure-wording',
    reason: 'The specification does not define the text of a failed call; the gateway names the argument.',
    explains: ({ path }, { ours }) => /\.result\.content\.0\.text$/.test(path) && isFailed(ours),
  },
  {
    name: 'origin',
    reason: 'Listed items name their plugin in _meta.',
    explains: ({ path, ours }) => /\.(tools|prompts)\.\d+\._meta$/.test(path) && 'plugmux/origin' in (ours as object),
  },
  {
    name: 'instructions-offered',
    reason: "A plugin's instructions are also a prompt and a resource, for clients that ignore them at the handshake.",
    explains: ({ ours, theirs }) => theirs === undefined && JSON.stringify(ours).includes('instructions'),
  },
  {
    name: 'approvals-offered',
    reason: 'The gateway has one built-in prompt, which lists the tools that run without approval.',
    explains: ({ path, ours, theirs }) =>
      /\.prompts\.\d+$/.test(path) && theirs === undefined && (ours as { name: string }).name === 'approvals',
  },
  {
    name: 'portable-schemas',
    reason: 'Schemas are listed in the form that every client accepts: an empty "required" is omitted.',
    explains: ({ path, theirs, ours }) => /\.inputSchema\.required$/.test(path) && ours === undefined && JSON.stringify(theirs) === '[]',
  },
  {
    name: 'instructions-attributed',
    reason: 'A gateway names the plugins whose instructions it passes on.',
    explains: ({ path, theirs, ours }) => /\.result\.instructions$/.test(path) && String(ours).endsWith(String(theirs)),
  },
  {
    name: 'another-server',
    reason: 'The two servers have different names, versions and titles.',
    explains: at(/\.(serverInfo|io\.modelcontextprotocol\/serverInfo)\.(name|version|title)$/),
  },
  {
    name: 'cache-hints',
    reason: 'Cache lifetime and scope are up to the server; subscribers are notified of changes.',
    explains: at(/\.result\.(ttlMs|cacheScope)$/),
  },
  {
    name: 'edge-codes',
    reason: '-32000 is closed to new uses: a rejection at the edge is -32600 with its HTTP status.',
    explains: codes(-32000, -32600),
  },
  {
    name: 'edge-echoes-id',
    reason: 'The rejection of a request with a readable id has that id.',
    explains: ({ path, theirs, ours }, played) => /^messages\.\d+\.id$/.test(path) && theirs === null && ours === requestOf(played).id,
  },
  {
    name: 'params-no-object',
    reason: 'Parameters that are not an object are invalid parameters, not an invalid request.',
    explains: (difference, played) => codes(-32600, -32602)(difference) && !isObject(requestOf(played).params),
  },
  {
    name: 'fractional-id',
    reason: 'An id is a string or an integer; any other value is not echoed.',
    explains: ({ path, theirs, ours }) =>
      /^messages\.\d+\.id$/.test(path) && ours === null && typeof theirs === 'number' && theirs % 1 !== 0,
  },
  {
    name: 'bad-parameters-are-32602',
    reason: 'Parameters of the wrong type are an error of the client; -32603 would blame the gateway.',
    explains: codes(-32603, -32602),
  },
  {
    name: 'log-from-info',
    reason: 'Before a client sets a level, it gets no messages below info.',
    explains: ({ path }, { theirs }) =>
      /^messages\.\d+(\.|$)/.test(path) && theirs.messages.some((m) => (m as { params?: { level?: string } }).params?.level === 'debug'),
  },
  {
    name: 'structured-object-or-nothing',
    reason: 'Before 2026-07-28 structured content is an object: any other value is sent only as text, which has the same content.',
    explains: ({ path, theirs, ours }) => /structuredContent$/.test(path) && ours === undefined && isObject(theirs) && 'result' in theirs,
  },
  {
    name: 'roots-params',
    reason: 'roots/list has no parameters; an empty object is equivalent.',
    explains: ({ path, theirs, ours }) => /inputRequests\.\w+\.params$/.test(path) && theirs === undefined && JSON.stringify(ours) === '{}',
  },
];

function codeOf(message: unknown): number {
  return (message as { error?: { code: number } }).error?.code ?? 0;
}

function isFailed({ messages }: Answer): boolean {
  return messages.some((message) => (message as { result?: { isError?: boolean } }).result?.isError === true);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
