import type { Answer, Difference, Exchange } from './exchange.ts';

/** Both sides of one exchange. */
export interface Played {
  readonly exchange: Exchange;
  readonly theirs: Answer;
  readonly ours: Answer;
}

/** Why a difference from the reference server is meant. One that explains nothing any more fails the comparison. */
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
// What the specification itself puts into the data of an error.
const SPECIFIED = /\.error\.data\.(supported|requested|requiredCapabilities|uri)/;

/** Every difference that is meant. */
export const RULES: readonly Rule[] = [
  {
    name: 'json-unless-streaming',
    reason: 'A server may answer with JSON or a stream; a stream costs more and is used only where something comes before the reply.',
    explains: ({ path, theirs, ours }, played) =>
      path === 'kind' && theirs === 'text/event-stream' && ours === 'application/json' && played.theirs.messages.length === 1,
  },
  {
    name: 'session-ended',
    reason: 'A session that has ended has nothing to say: 204 as well as 200.',
    explains: ({ path, theirs, ours }, { exchange }) => exchange.method === 'DELETE' && path === 'status' && theirs === 200 && ours === 204,
  },
  {
    name: 'every-line-is-answered',
    reason: 'A line that is no message is answered with an error; silence would leave its sender waiting.',
    explains: ({ path, theirs, ours }, played) =>
      /^messages\.0$/.test(path) && theirs === undefined && played.ours.kind === 'lines' && [-32700, -32600, -32602].includes(codeOf(ours)),
  },
  {
    name: 'every-request-stands-alone',
    reason: 'A request that names a revision which is not served is refused, on a connection that began with another one too.',
    explains: ({ path }, { ours, theirs }) =>
      /^messages\.0\.(result|error)$/.test(path) &&
      ours.kind === 'lines' &&
      codeOf(ours.messages[0]) === -32022 &&
      codeOf(theirs.messages[0]) === 0,
  },
  { name: 'wording', reason: 'The text of an error is free.', explains: at(/\.error\.message$/) },
  {
    name: 'error-object',
    reason: 'Errors carry the code, the fix and the place of this gateway in data, which the protocol leaves to servers.',
    explains: ({ path }) => /\.error\.data(\.|$)/.test(path) && !SPECIFIED.test(path),
  },
  {
    name: 'elicitation-form-implied',
    reason: '{ elicitation: {} } and { elicitation: { form: {} } } declare the same.',
    explains: at(/requiredCapabilities\.elicitation\.form$/),
  },
  {
    name: 'failure-object',
    reason: 'A failed call tells its code in _meta beside the text, where clients can act on it.',
    explains: at(/\.result\._meta(\.plugmux\/error)?$/),
  },
  {
    name: 'failure-wording',
    reason: 'The text of a failed call is free; ours names the argument.',
    explains: ({ path }, { ours }) => /\.result\.content\.0\.text$/.test(path) && isFailed(ours),
  },
  {
    name: 'origin',
    reason: 'What is listed says in _meta which plugin it comes from.',
    explains: ({ path, ours }) => /\.(tools|prompts)\.\d+\._meta$/.test(path) && 'plugmux/origin' in (ours as object),
  },
  {
    name: 'instructions-offered',
    reason: "A plugin's instructions are also a prompt and a resource, for clients that do not read them at the handshake.",
    explains: ({ ours, theirs }) => theirs === undefined && JSON.stringify(ours).includes('instructions'),
  },
  {
    name: 'approvals-offered',
    reason: 'The gateway has one prompt of its own, which tells what runs without being asked for.',
    explains: ({ path, ours, theirs }) =>
      /\.prompts\.\d+$/.test(path) && theirs === undefined && (ours as { name: string }).name === 'approvals',
  },
  {
    name: 'portable-schemas',
    reason: 'Schemas are shown in the form that every client takes: a list of required properties that is empty says nothing.',
    explains: ({ path, theirs, ours }) => /\.inputSchema\.required$/.test(path) && ours === undefined && JSON.stringify(theirs) === '[]',
  },
  {
    name: 'instructions-attributed',
    reason: 'A gateway says whose instructions it passes on.',
    explains: ({ path, theirs, ours }) => /\.result\.instructions$/.test(path) && String(ours).endsWith(String(theirs)),
  },
  {
    name: 'another-server',
    reason: 'The two introduce themselves by their own names, versions and titles.',
    explains: at(/\.(serverInfo|io\.modelcontextprotocol\/serverInfo)\.(name|version|title)$/),
  },
  {
    name: 'cache-hints',
    reason: 'How long and by whom a result may be kept is for the server to say; changes are told to those who listen.',
    explains: at(/\.result\.(ttlMs|cacheScope)$/),
  },
  {
    name: 'edge-codes',
    reason: '-32000 is closed to new uses: what is refused at the edge is -32600 beside its HTTP status.',
    explains: codes(-32000, -32600),
  },
  {
    name: 'edge-echoes-id',
    reason: 'A refusal of a request whose id was read carries that id.',
    explains: ({ path, theirs, ours }, played) => /^messages\.\d+\.id$/.test(path) && theirs === null && ours === requestOf(played).id,
  },
  {
    name: 'params-no-object',
    reason: 'Parameters that are no object are invalid parameters, not an invalid request.',
    explains: (difference, played) => codes(-32600, -32602)(difference) && !isObject(requestOf(played).params),
  },
  {
    name: 'fractional-id',
    reason: 'An id is a text or a whole number; what is neither is not repeated.',
    explains: ({ path, theirs, ours }) =>
      /^messages\.\d+\.id$/.test(path) && ours === null && typeof theirs === 'number' && theirs % 1 !== 0,
  },
  {
    name: 'bad-parameters-are-32602',
    reason: 'Parameters of the wrong kind are the fault of the caller; -32603 would be ours.',
    explains: codes(-32603, -32602),
  },
  {
    name: 'log-from-info',
    reason: 'Until a client has set a level it hears nothing below info: debugging is for those who ask.',
    explains: ({ path }, { theirs }) =>
      /^messages\.\d+(\.|$)/.test(path) && theirs.messages.some((m) => (m as { params?: { level?: string } }).params?.level === 'debug'),
  },
  {
    name: 'structured-object-or-nothing',
    reason: 'Before 2026-07-28 structured content is an object: what is none is left to the text, which says the same.',
    explains: ({ path, theirs, ours }) => /structuredContent$/.test(path) && ours === undefined && isObject(theirs) && 'result' in theirs,
  },
  {
    name: 'roots-params',
    reason: 'roots/list has no parameters; an empty object says so.',
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
