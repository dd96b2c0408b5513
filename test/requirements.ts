/** One promise of the gateway: what holds, and whose word says that it must. */
export interface Requirement {
  readonly promise: string;
  /** A page of the protocol's specification, another standard, or the part of this project's own word it belongs to. */
  readonly source: string;
}

const LEGACY = 'https://modelcontextprotocol.io/specification/2025-11-25';
const MODERN = 'https://modelcontextprotocol.io/specification/2026-07-28';
const JSON_RPC = 'https://www.jsonrpc.org/specification';

const known = new Set<string>();

function promised<Id extends string>(source: string, promises: Readonly<Record<Id, string>>): Record<Id, Requirement> {
  for (const id of Object.keys(promises)) {
    if (known.has(id)) throw new Error(`the promise ${id} stands twice`);
    known.add(id);
  }
  const entries = Object.entries<string>(promises).map(([id, promise]) => [id, { promise, source }]);
  return Object.fromEntries(entries) as Record<Id, Requirement>;
}

/**
 * Everything that is promised so far. A test cites the promises it proves as tags, `it('…', { tags: ['F1'] }, …)`; a run of
 * all tests, or of all judges for those of `JUDGED`, fails for a promise that none cites, and any run for a tag that is no
 * promise. Ids with a number are faults (F) that are provoked and threats (T) that are met.
 */
export const REQUIREMENTS = {
  ...promised(JSON_RPC, {
    'rpc-byte-order-mark': 'A byte order mark before a message is skipped, on every transport.',
    'rpc-parse-error': 'What is not JSON or not UTF-8 is answered once with -32700 and id null.',
    'rpc-invalid-request': 'JSON that is no request is answered once with -32600, with its id where one can be read.',
    'rpc-id-type': 'An id is echoed with its JSON type: 1 is not "1".',
    'rpc-no-reply-to-responses': 'What looks like a response is never answered.',
    F1: 'A line cut off inside its JSON is answered with -32700; the next line is served.',
    F3: 'A character split over two chunks arrives whole; bytes that are not UTF-8 are refused, never repaired.',
    F7: 'A message whose "jsonrpc" is absent, another version or no text is refused with -32600.',
    F8: 'The ids 0 and "" are as good as any: answered, and cancelled.',
    F9: 'An id may be used again once its reply has been given.',
    F10: 'Parameters that are no object are refused with -32602.',
    F11: 'The same key twice in one object is refused with -32600.',
    'json-escaped-keys': 'A key that is spelt with escapes is the key it spells, whatever the engine has read before.',
    F12: 'Nesting, keys and lists over the caps are refused before anything else is looked at.',
  }),
  ...promised(`${LEGACY}/basic/lifecycle`, {
    'initialize-negotiates': 'A served revision is echoed; for any other the newest legacy one is offered.',
    'handshake-first': 'No notification stands before the reply to initialize, and none before notifications/initialized.',
    F15: 'A call before the handshake and a second handshake are refused and leave the state as it was.',
  }),
  ...promised('https://modelcontextprotocol.io/specification/2025-03-26/basic', {
    'batch-in-its-revision': 'Batches are answered as one array in revision 2025-03-26, and refused in every other.',
  }),
  ...promised(`${LEGACY}/basic/utilities/cancellation`, {
    'cancel-reaches-tool': 'A cancelled call ends at once and its tool is told.',
  }),
  ...promised(`${LEGACY}/basic/utilities/progress`, {
    'progress-in-order': 'Progress arrives in order and before the reply, and only where a token was given.',
  }),
  ...promised(`${LEGACY}/server/utilities/logging`, {
    'logging-from-level': 'Log lines of a tool reach the client of its call from the level it asked for.',
  }),
  ...promised(`${LEGACY}/server/tools`, {
    'tools-list': 'Tools are listed on one page, in a stable order, with schemas that every client can read.',
    'tools-call': 'A call reaches its tool and the answer belongs to the call, however many are in flight.',
    'tools-unknown': 'An unknown tool is a protocol error -32602 that names near ones; prototype names are unknown.',
    'lists-identical': 'Lists are the same bytes after a restart while nothing has changed.',
    'catalogue-remembered':
      'A later start lists what the last one knew before any plugin has opened; whatever runs waits for its plugin and its rules.',
    'tools-list-changed': 'Clients are told of a change of the list once a change, and of none where nothing changed.',
    'tool-errors-in-band': 'Bad arguments and failures of a tool are results with isError and a text for the model.',
    'tool-content-by-revision': 'A client is sent no kind of content and no structured data that its revision does not know.',
  }),
  ...promised(`${LEGACY}/server/prompts`, {
    'prompts-serve': 'Prompts are listed and fetched with their arguments; a missing required one is -32602.',
  }),
  ...promised(`${LEGACY}/server/resources`, {
    'resources-serve': 'Resources and templates are listed and read.',
    'resources-watched': 'A client that watches a resource is told when it changes, in both eras, and nobody else is.',
    'resources-unknown': 'An unknown resource is -32602 with its address in data.uri.',
  }),
  ...promised(`${LEGACY}/server/utilities/completion`, {
    'completion-serves': 'Arguments of prompts are completed; no values is no error.',
  }),
  ...promised(`${LEGACY}/client/elicitation`, {
    'ask-form': 'A tool gets a form filled in, declined or cancelled by the person behind the call, in both eras.',
    'ask-url': 'A tool sends the person to an address where the client can show one.',
    'ask-undeclared': 'Nobody is asked for what the client did not declare: the call is refused at once.',
    'ask-validated': 'Answers are checked against what was asked before the tool sees them.',
    'ask-stops-clock': 'The time a person thinks does not count against the deadline of the call.',
    'ask-sampling-roots': 'Sampling and roots pass through to the client.',
  }),
  ...promised(`${LEGACY}/basic/transports`, {
    'http-session': 'A session id is 128 random bits, minted by initialize and ended by DELETE.',
    'http-version-header': 'An absent version header means 2025-03-26; one that is not served is refused with 400.',
    'http-accepted': 'A notification or a response that is posted is answered with 202.',
    'http-standing-stream': 'A session has one standing stream; the newest one replaces the older, which ends.',
    'http-json-unless-streaming': 'A reply is plain JSON unless something comes before it.',
    'http-resume': 'A broken stream is resumed: what was missed arrives once and in order.',
    'http-methods': 'A method without meaning at an address is answered with 405 and the methods that have one.',
    'http-media-type': 'A body that is not JSON in UTF-8 is refused with 415.',
    'sse-serves': 'HTTP+SSE opens with the address to post to and answers there; modern messages are answered -32601.',
    'http-stream-headers': 'A stream says that nobody may keep it or hold it back.',
    F23: 'A client that accepts neither JSON nor a stream is told so with 406; none named, or any, counts as yes.',
    F31: 'A Last-Event-ID that makes no sense is refused with 400; one of another session replays nothing.',
    F32: 'An unknown, expired, ended or foreign session is 404; none, or one that cannot be an id, is 400.',
    F33: 'A message to an unknown or nameless HTTP+SSE session is refused, and the gateway lives.',
  }),
  ...promised(`${MODERN}/basic`, {
    'modern-envelope': 'A modern request without its envelope is -32602, of an unknown revision -32022, both with 400.',
    'modern-removed-methods': 'Every removed or unknown method is answered with -32601; over HTTP with 404.',
    'modern-stateless': 'A modern request needs no session and gets none.',
    'modern-result-marks': 'Every modern result says its type and the server; what may be cached says for how long.',
    'modern-cancel-by-close': 'Closing the response stream cancels a modern call.',
    'modern-probe-then-handshake': 'A client that only probed with server/discover may shake hands after all.',
    F34: 'Headers that are absent, doubled, badly encoded or differ from the body are refused with 400 and -32020.',
    'header-arguments': 'Arguments that travel in headers are compared with the body, numbers by value.',
  }),
  ...promised(`${MODERN}/basic/utilities/mrtr`, {
    listen: 'A listener is told what it asked for, and nothing else; its stream ends with a result.',
    'mrtr-rounds': 'A question ends the request with input_required; the call goes on when the answer comes back.',
    'mrtr-offered-answers': 'Answers that come with the first request are used for the first question.',
    T28: 'No key is built in: what one run has sealed means nothing to another.',
    F19: 'A state that is altered, used, late or of another caller or call is -32602 and runs nothing; bad answers are asked again.',
  }),
  ...promised('the transports', {
    'transport-large': 'A megabyte travels there and back on every transport.',
    differential: 'The same traffic is answered as by a server of the official SDK, but for differences with a reason.',
    'transport-schemas': 'Every reply of the engine fits the schemas of the official SDK, in both eras.',
    'large-line-id': 'A line over the limit is answered with its id if that stands in its first or last 4 KB, else with null.',
    'numbers-exact':
      'Numbers reach upstream servers, Python and gRPC plugins and come back as they were sent, ids and tokens too; JavaScript plugins refuse whole ones that they would round.',
    'numbers-faulty': 'NaN, infinity and what is too large for a double is ARGUMENTS_INVALID in arguments, RESULT_INVALID in results.',
    'duplicate-id': 'An id that is still owed is refused a second time with id null; the first call goes on.',
    F2: 'A line over the limit costs one error and its own bytes; service goes on with the next.',
    F4: 'When stdin ends, calls in flight finish, replies are flushed and the gateway exits with 0 and no child.',
    F6: 'A gateway on stdio whose client is killed ends, and everything it started with it, also while its stdin stays open.',
    'stdio-files': 'Standard input and output may be files, terminals, pipes, sockets or nothing.',
    'output-unwritable':
      'Output that cannot be written is told in one line and ends a program with 1; a reader that wants no more ends it without a word.',
    F55: 'A flood of lists and changes is coalesced, and memory stays flat.',
    F5: 'A reader that pauses is waited for: reading stops, memory stays bounded, and every reply comes in the end.',
    F14: 'Half a pair of UTF-16 becomes U+FFFD in arguments, results and every other message, whatever the kind of plugin.',
    F16: 'A reply or a cancellation ends a call, never both, and nothing follows.',
    F30: 'A client that goes away leaves nothing: a modern call is cancelled, a legacy one is kept for resumption.',
    F35: 'A WebSocket with a foreign origin, host, token, version or subprotocol is refused before the upgrade.',
    F36: 'Floods of fragments close a WebSocket; compression is not taken.',
    F37: 'A WebSocket client that does not read is dropped and its calls are cancelled.',
    'websocket-frames':
      'Binary frames close with 1003, too large ones with 1009; nothing that follows a close frame is handled; other connections go on.',
    'websocket-pings': 'A WebSocket whose client leaves pings unanswered for 45 s is dropped, and its calls are cancelled.',
    'websocket-goodbye': 'A WebSocket is closed with 1001 when the gateway ends.',
  }),
  ...promised('the HTTP edge', {
    T1: 'No web page and no rebound name reaches the gateway: Host and Origin are checked on every route.',
    T2: 'No web page opens a WebSocket.',
    T3: 'Every route but the two of health asks for the login, whatever the method and the profile.',
    T4: 'No request starts a program, whatever it says.',
    T5: 'A session belongs to whoever opened it, whatever the method; to anybody else it does not exist.',
    T6: 'A reply never reaches another client, however equal their ids.',
    F21: 'A Host that is absent, doubled or spelt like a loopback address without being one is refused.',
    F22: 'A preflight is answered for listed origins only, with the headers that clients need and no credentials.',
    F24: 'A body over the limit, declared or not, and a compressed one are refused in JSON.',
    F25: 'Pipelined requests, 100-continue, HTTP/1.0 and offers of another protocol get right answers; other expectations and transfer codings are refused in JSON.',
    F26: 'Nothing is normalised into a route, but for one slash behind the address of a transport and an absolute target of the same host: every other path is 404, under the same login.',
    'path-prefix': 'The gateway works below any path of a reverse proxy: the endpoint event of HTTP+SSE is relative.',
    'null-params': 'Parameters and cursors that are null, and an empty cursor, count as absent.',
    F27: 'Connections over the cap take the place of idle ones, or are refused; all loopback addresses share one cap, which one program cannot use up.',
    'http-headers': 'More than 100 headers are refused with 431, and no header behind the last one read goes unnoticed.',
    F29: 'What a proxy would say of a request is ignored, unless the operator trusts that proxy.',
    F38: 'A token that is absent, wrong, doubled, in the address or of another scheme is 401, and never logged.',
    F41: 'What belongs to one principal answers another as if it did not exist; the owner notices nothing.',
    T23: 'Connections, sessions, queued bytes and slow requests are capped; what is over is shed, and others are served.',
    'login-rate':
      'Failed logins of an address, or with one token, are turned away for a minute when there are too many; a valid token always passes.',
    'slow-readers': 'Clients that never read are cut off; others are served meanwhile.',
    'slow-senders': 'A request that arrives too slowly is ended in time.',
    'session-caps':
      'Idle sessions end, busy ones never. A session over a cap takes the place of an idle one: of its own principal if that is full, of the one with most sessions if all are; unused ones first, then the longest unused. If none is idle: 503 and Retry-After.',
    'listen-shares': 'If there are too many listen streams, the oldest one of the principal with most ends for another principal.',
    'kept-shares': 'If there is no room for another cut result, the principal that holds most loses its oldest one.',
    'profiles-bound': 'What a profile does not have does not exist for it; a token bound to a profile gets no other.',
    'health-words':
      'Liveness and readiness say one word to anybody. Readiness comes once every plugin opened or failed once, and only draining ends it.',
    'drain-on-signal':
      'On SIGTERM calls in flight are answered, new work is refused with Retry-After, exit 0; a second signal ends at once.',
    F73: 'Listening beyond this machine without a login is refused.',
  }),
  ...promised('approval', {
    'approval-asked': 'A tool that needs an approval runs only after the person behind the client has agreed to it and its arguments.',
    'approval-first-lines': 'The question for an approval shows the tool and its arguments in the first two lines and 200 characters.',
    'approval-person': 'A tool is allowed for good on the command line only at a terminal or with `--yes`.',
    'approval-no': 'A no, no answer and nobody to ask end the call, each in its own words, and nothing has run.',
    'approval-ticket':
      'A ticket is good once, in time, for its caller, tool and arguments, also after a restart; nobody else can make one.',
    'approval-remembered': 'What was allowed for good holds over restarts, for that caller and tool, until it is taken back.',
    'approval-rules':
      'The rule of a profile beats that of a plugin, and that the word of the format; what is renamed stays as strict, and a rule without a match is told.',
    'approval-closed': 'Where approvals cannot be read or written, what needs one is refused.',
    'destructive-kept': 'A tool that its format marks as destructive is never published as harmless, also where nobody is asked.',
    'approval-exported': "A client's allow-list holds the tools that run without a question, and no other.",
    'tools-api': 'Code that speaks no MCP calls tools behind the same edge, schema and policy as any client.',
  }),
  ...promised('schemas, arguments and results', {
    F13: 'A tool named like a prototype member, of any length or with hidden characters is unknown, and shown shortened.',
    F18: 'An address that fits no template is not found, and quickly, however it is made.',
    F49: 'A schema that is none costs its tool and not its plugin.',
    F50: 'A schema that cannot be checked by (an unknown dialect, references that leave it or loop, an explosion) is served and named, and what of it is sound is checked; over 1 MB or 64 levels it is refused. Nothing is fetched.',
    F51: 'Schemas that are expensive to check stay bounded; the loop turns.',
    F52: 'A text becomes the value it is the JSON of only where its schema wants that value and takes no texts; nothing else is coerced, and nothing filled in.',
    'json-schema-suite': 'Arguments are judged as the JSON Schema suite says, in 2020-12 and draft-07, or named as unchecked.',
    'patterns-apart': 'Every pattern of a plugin is checked by itself, in whatever order calls come.',
    'decimal-numbers': 'Numbers are compared by their decimal digits, those that doubles do not hold too.',
    'portable-takes-all': 'The portable form of a schema takes all arguments that the schema takes.',
    'serial-asks': 'While a plugin that serves one call at a time waits for a person, further calls are refused after queueMs and say why.',
    'operator-hints':
      'What mcp.json says of the effects of tools reaches clients, over what the format says; what a format calls destructive stays so.',
    'output-compilable':
      'The schema of results is listed in a form that clients can compile, so that one costs no list; it takes what it took.',
    'checks-counted': 'Whether a tool is served and what is checked is decided by counting, never by time or load.',
    F53: 'A result that is no JSON is converted or refused, never fatal and never lost.',
    'schema-id-apart': 'Schemas with one $id never share a validator.',
    'calls-bounded': 'Calls in flight are bounded for a client, a plugin and in all: one waits its turn, then is refused as not sent.',
    T13: 'A result is data: nothing in it is fetched, filled in or read as a message, and no terminal obeys it. It passes unchanged, but inside a fence and where "results": "clean" is set what is hidden in it is written out.',
    'result-limit': 'A result over the size or depth limit is one clear error.',
    T10: 'Hidden characters reach no client in what a plugin says of itself: texts show them written out, names and exact values with them cost their item. Joiners and marks that languages need stay.',
    T14: 'No schema of a plugin stops the loop or stands in for another.',
    T26: 'What is checked is what is passed on: no key twice, and no header that differs from the body.',
    'error-object': 'An error says what happened, whether to try again and what to do, without stacks, paths or causes.',
    T24: 'Secrets, wherever a configuration has them, are masked by value, key and shape wherever text leaves the gateway.',
  }),
  ...promised('names', {
    T12: 'No tool stands in for another: identity is plugin and tool, and public names are unique.',
    F47: 'A plugin serves so many tools and no more, in a stable order; the rest are told.',
    F46: 'Equal names are qualified for all claimants; names are valid, unique, stable and independent of order.',
    'names-rewritten': 'A changed name is rewritten as a whole word in what the model reads, and nowhere else.',
  }),
  ...promised('plugin processes', {
    T15: 'The environment of a plugin holds what is configured and nothing else of the gateway.',
    T16: 'A plugin that crashes or blocks costs its own calls; its neighbours serve.',
    F17: 'A plugin that never answers ends in an error at the limit, and is told.',
    F43: 'A manifest that cannot be used fails its plugin with the place; the others load.',
    F45: 'A manifest of 10 MB, a YAML text that multiplies itself and a tag that would build code are refused within a second.',
    F44: 'What keeps a plugin from loading is told apart in words.',
    F56: 'A plugin that keeps dying is started ever more rarely and then left out, until a probe succeeds.',
    F57: 'Nothing of a plugin is left, whatever it ignores, forks or leaves behind.',
    T8: "A client's token never leaves the gateway.",
    'address-spellings': 'Every spelling of an address counts as the address it means: IPv4 inside of IPv6, and what a tunnel leads to.',
    T9: 'What servers name on the way to a login is fetched only over https and from public addresses, without redirects.',
    F42: 'A login that leads to a script, a file, a page without TLS, another issuer or without PKCE is refused before anybody is sent there.',
    F28: 'A server whose TLS is missing, old, expired, of another name or of nobody known is told so, and nothing is sent to it.',
    'login-step-up':
      'A call that needs a scope which the login lacks names it and costs nothing else; the next login asks for it with those it had.',
    'login-one-call':
      'A 401 or 403 for one tool is the end of that call alone: it is sent once, names the login to make, and works as soon as that is there.',
    'header-tools':
      'A tool of a server whose header arguments break the rules is left out alone and named; a request that cannot be written costs itself.',
    'login-entries':
      'A login works as other clients write it down, with a secret too, or says what is missing; keys that are not used are named with their place.',
    'login-challenge': 'A login asks for the scopes that a server names, wherever it refuses: at its handshake, its lists or a call.',
    F69: 'A download that is cut, changed, elsewhere or not there is refused with a code, and nothing of it stays.',
    T18: 'Of an archive only the one file that is wanted is unpacked; one that leads out of its folder is refused.',
    'list-apart':
      'Each list of a server stands alone: one that fails, hangs or is none keeps what it held, is read again alone and is named; the others are served.',
    'null-absent':
      'A member that a server sends as null counts as absent, over every transport; where any value may stand, null stays a value.',
    'start-cap':
      'An upstream server that runs and has not answered yet is left alone for "startCapMs", then ended as one failure; commands wait "startTimeoutMs" and say that it is still starting.',
    'addresses-renamed':
      'An address of a resource that two servers have names its server wherever a client meets it: in lists, results, prompts, "_meta" of tools, subscriptions and completions. The scheme ui: stays.',
    'addresses-handed-out':
      'A resource that no list holds is read from the server that handed out its address, for an hour, by the principal and profile that got it.',
    'meta-passes':
      'What a client says in "_meta" of a request reaches servers and plugins, and theirs comes back, but for keys that each connection sets itself.',
    'results-as-given': 'A result of a server that has both text and data passes unchanged.',
    'roots-of-client':
      'A server that asks for roots gets those of the client behind a call, over HTTP as well; no empty list is made up before one is there.',
    'ask-apart': "One client's open question delays no call of another client.",
    'withheld-told': 'What a plugin has and the gateway does not serve is told in one line of the log, with the reason.',
    'long-id-cut': 'Where a public name would be too long, the id of the plugin is cut and the tool keeps its own name.',
    'list-bounds': 'A list is read up to a number of items, bytes and seconds, however many pages it has; what was read is served.',
    'http-apart':
      'Over Streamable HTTP a request that is lost, reset or truncated fails alone; the session ends only where the server has forgotten it.',
    T19: 'What is installed is held against its digest at every start; one byte changed, and it does not start.',
    F70: 'No name, version or address of a plugin reaches a command line as an option or a command.',
    F71: 'Installs and builds of one plugin come one after the other; one that is broken off leaves the old state or the new one.',
    F67: 'A plugin that refuses, resets, hangs up or dies after the handshake costs one error a call; it is connected to or started again.',
    F68: 'An answer over the cap, cut short or of the wrong kind is one error with a code; the connection stays.',
    T17: 'A false handshake, an address beyond this machine or another certificate than the agreed one is refused, and never a downgrade.',
    T20: 'Nothing a plugin sends is used as a description of its connection.',
    F20: 'Servers and clients of different eras work together, also where a server changes its era with a restart: no notice is lost.',
    'messages-bounded':
      'A message or list with more values than can be taken, of a plugin, a program, a server or a client, costs its request or its sender; it is refused before it is parsed or gone through.',
    F58: 'What a plugin says of calls that are not its own, or says twice, is dropped; what is no message ends it.',
    F59: 'A number that belongs to another process by now is never signalled.',
    F61: 'What a plugin does to its process stays there.',
    F62: 'A plugin is heard once a call, however often it settles.',
    F63: 'What a Python plugin prints, logs or writes past Python, at its import or in a tool, harms nothing.',
    F64: 'However Python code ends, its call is answered with what was raised or how the process ended; the traceback stays in the log.',
    F65: 'Python code that holds the lock, never awaits, overrides signals or leaves threads and children is ended at the deadline with all of it.',
    'jaato-threads':
      "A jaato plugin's objects are made, listed and called on one thread of its own; only calls that overlap use others, and never with the first generation. Nobody gets the answer of another.",
    'scaiwave-thread': "A ScaiWave plugin's constructor runs on the thread that runs its calls.",
    'scaiwave-suggestions': 'A ScaiWave result is a failure only if its end begins with "Fallback suggestions" and a colon.',
    'scaiwave-told':
      'A ScaiWave class that its list leaves out, or that has the id of another, is no failed plugin; warnings stand at the plugin they are about; what is lacking is named, and that another program may use the same names.',
    'python-version': 'A Python plugin or package that needs another version of Python says which; no network is blamed for it.',
    'entry-point-named': 'An entry point that fails to load names its distribution and version.',
    'one-version': 'A plugin has one version and the same facts in every list, in _meta and in info.',
    'jaato-unanswered':
      'A question of a jaato plugin that nobody could answer, a decline and a cancel end the call as a failure that says so, whatever the plugin makes of it.',
    'jaato-output': 'What a jaato command says through its output callback is its output, in order, before its result.',
    'jaato-late': 'Tools that a call of a jaato plugin makes or takes away are callable, listed or gone with the next request.',
    'jaato-settings':
      'Settings of jaato plugins are held against what the plugin declares: type, choices, required ones, unknown ones with the nearest name; the plugin loads.',
    'jaato-untrusted': 'What tools with the trait untrusted_content return is fenced, and comes as text alone.',
    'jaato-names': "Stand-ins have the names and fields of today's SDK.",
    'jaato-host': 'A jaato plugin gets the registry, config_root and the members of today; what the user sets wins.',
    'jaato-siblings': 'A jaato plugin that is slow to start, hangs or ends the process while it starts holds back only itself.',
    F60: 'A blocked plugin is killed at the deadline of its call and starts again.',
    F75: 'Killing the gateway leaves no process of a plugin, and it starts again at once from the state it left.',
    T22: 'What the gateway keeps is for its own user alone.',
    'plugin-stdout': 'What a plugin prints harms nothing and reaches the log.',
    'start-tries':
      'An interpreter or program that ends before its first word is started a few times, within the start limit. doctor, call and list end, tell exit code, last words and a fix, show the healthy plugins, and exit with 1.',
    'program-unrunnable':
      'A program for another machine, a script whose interpreter is gone and what is neither are named before they are started, and no shell reads them.',
    'squadron-handshake':
      'A handshake line that names an unknown network, lacks fields or is too long is told at once, and not after the start limit.',
    'fix-mends': 'A fix names the folder that the failing import was resolved from: whoever follows it gets another outcome.',
    'package-missing': 'A plugin whose package is missing is never listed as ready, and none of its tools is.',
    'ethos-data-dir': 'An Ethos plugin finds the path of a writable folder of its own in `api.dataDir`, made before it is activated.',
    'plugin-replaced': 'A plugin that is replaced finishes the calls it has.',
  }),
  ...promised('configuration and life', {
    F72: 'A configuration that cannot be used is told with its place and a suggestion: exit 2 at start, the old one kept on reload. Comments, trailing commas and a byte order mark are read.',
    'first-screen':
      'The first screen is a table of plugins with format, tools and state, and one line with the fix for each that is not ready; it comes when all are ready or failed, at the latest after firstListMs.',
    'build-when-stale': 'A start by `npm start` builds if a source is newer than the last build, and only then.',
    'config-foreign':
      'Files of other clients work as they are: mcpServers or servers, inputs by PLUGMUX_INPUT_<NAME>, envFile as part of env; what is missing costs its own entry.',
    proxies:
      'Every outgoing request takes the proxy of its server, of the file or of the environment, and its login. NO_PROXY and NODE_EXTRA_CA_CERTS hold. Through a proxy names are not looked up here and literal private addresses are refused.',
    'reload-logins':
      'A token that is taken out of the file or changed ends its sessions, streams, sockets and calls at once; a first token closes an open gateway; the last one stays.',
    'reload-limits': 'A changed limit holds with the reload, and replaces a plugin process only if that was started with it.',
    'reload-told': 'Every key of the file is live or needs a restart: a reload names what it has changed, and warns of what waits.',
    F74: 'A flood of reloads is coalesced, loses no call and leaves nothing behind.',
    T21: 'A configuration is taken whole or not at all, but for an upstream entry that cannot be used: it is left out with a warning that names its place. No configuration listens further than its logins allow.',
    'instructions-budget':
      'Instructions for the model use 2,048 characters and no more, cut at the ends of sentences, with a pointer to the rest.',
    'audit-line': 'Every call is one line of the audit log, with a digest in place of its arguments.',
    'store-damaged': 'A damaged store ends a start; damaged in use, it keeps closed what opens from then on, and approvals are refused.',
    'store-unavailable': 'A store that is locked, full, read-only or otherwise out of reach is not damaged, and opens nothing.',
    'store-repair': 'A damaged store is moved aside on request, told with what is lost, and never while a gateway has it open.',
    'audit-events':
      'Calls of tools that do not exist for the caller, failed logins, what administrators do and reloads are lines of the audit log.',
    'audit-verify':
      'A changed, moved or removed line, batch or file of the audit log is found, and what a crash leaves is not taken for it.',
    F78: 'Mixed load under random faults from a seed loses, doubles and misroutes nothing.',
    F77: 'A link that is late, narrow, cut, dead or noisy costs its own calls: each ends in its reply or one error, nobody else notices.',
    F76: 'Time limits run on the monotonic clock.',
    'call-limits':
      "The time limit of a call is that of the plugin in mcp.json, else its author's, else that of the file for all, else the format's, else the built-in one.",
    'limits-printed': 'Every limit is printed with its value and where that comes from.',
    T25: 'The audit log is chained: a missing line shows.',
    T27: 'An audit log that cannot be written is told. Where it is required, or strangers may call, it ends the start, refuses calls, and no reply leaves before its line is written.',
    'errors-documented': 'Error codes and their documentation are the same, both ways.',
  }),
} satisfies Record<string, Requirement>;

/** The id of a promise. */
export type RequirementId = keyof typeof REQUIREMENTS;

/** Promises that `npm run judges` proves, and no test of `npm test`. */
export const JUDGED: readonly RequirementId[] = ['differential', 'login-challenge', 'login-step-up', 'F77', 'F78'];

declare module 'vitest' {
  interface TestTags {
    readonly tags: RequirementId;
  }
}
