import { promised, type Requirement } from './support/promised.ts';
import { TRIGGER_PROMISES } from './trigger-promises.ts';

const LEGACY = 'https://modelcontextprotocol.io/specification/2025-11-25';
const MODERN = 'https://modelcontextprotocol.io/specification/2026-07-28';
const JSON_RPC = 'https://www.jsonrpc.org/specification';

/**
 * All promises. A test cites the promises it proves as tags, `it('…', { tags: ['F1'] }, …)`. A run of all tests (or of all judges,
 * for those in `JUDGED`) fails for an uncited promise, and any run fails for an unknown tag. Ids with a number are provoked faults
 * (F) and threats (T).
 */
export const REQUIREMENTS = {
  ...promised('Triggers of plugins', TRIGGER_PROMISES),
  ...promised(JSON_RPC, {
    'rpc-byte-order-mark': 'A byte order mark before a message is skipped, on every transport.',
    'rpc-parse-error': 'Input that is not JSON or not UTF-8 is answered once with -32700 and id null.',
    'rpc-invalid-request': 'JSON that is not a request is answered once with -32600, with its id if one can be read.',
    'rpc-id-type': 'An id is echoed with its JSON type: 1 is not "1".',
    'rpc-no-reply-to-responses': 'A message that looks like a response is never answered.',
    F1: 'A line cut off inside its JSON is answered with -32700; the next line is served.',
    F3: 'A character split over two chunks arrives whole; bytes that are not UTF-8 are rejected, never repaired.',
    F7: 'A message whose "jsonrpc" is absent, another version or not a string is rejected with -32600.',
    F8: 'The ids 0 and "" are valid: such requests are answered and can be cancelled.',
    F9: 'An id may be reused once its reply has been sent.',
    F10: 'Parameters that are not an object are rejected with -32602.',
    F11: 'A duplicate key in one object is rejected with -32600.',
    'json-escaped-keys': 'A key written with escapes equals the key it decodes to, regardless of what the engine has parsed before.',
    F12: 'Nesting, keys and lists over the limits are rejected before anything else is checked.',
  }),
  ...promised(`${LEGACY}/basic/lifecycle`, {
    'initialize-negotiates': 'A supported revision is echoed; for any other, the newest legacy revision is offered.',
    'handshake-first': 'No notification precedes the reply to initialize, and none is sent before notifications/initialized.',
    F15: 'A call before the handshake and a second handshake are rejected and leave the state unchanged.',
  }),
  ...promised('https://modelcontextprotocol.io/specification/2025-03-26/basic', {
    'batch-in-its-revision': 'Batches are answered as one array in revision 2025-03-26, and rejected in every other.',
  }),
  ...promised(`${LEGACY}/basic/utilities/cancellation`, {
    'cancel-reaches-tool': 'A cancelled call ends at once and its tool is notified.',
  }),
  ...promised(`${LEGACY}/basic/utilities/progress`, {
    'progress-in-order': 'Progress arrives in order and before the reply, and only if a token was given.',
  }),
  ...promised(`${LEGACY}/server/utilities/logging`, {
    'logging-from-level': 'Log messages of a tool reach the client of its call, from the level that the client requested.',
  }),
  ...promised(`${LEGACY}/server/tools`, {
    'tools-list': 'Tools are listed on one page, in a stable order, with schemas that every client can read.',
    'tools-call': 'A call reaches its tool and the reply belongs to that call, regardless of how many are in flight.',
    'tools-unknown': 'An unknown tool is a protocol error -32602 that names similar tools; prototype names are unknown.',
    'lists-identical': 'Lists are byte-identical after a restart if nothing has changed.',
    'catalogue-remembered':
      'A later start lists the last known catalogue before any plugin has opened; a call waits for its plugin and its rules.',
    'tools-list-changed': 'Clients are notified once of each change of the list, and never if nothing changed.',
    'tool-errors-in-band': 'Invalid arguments and failures of a tool are results with isError and a text for the model.',
    'tool-content-by-revision': 'A client receives no kind of content and no structured data that its revision does not define.',
  }),
  ...promised(`${LEGACY}/server/prompts`, {
    'prompts-serve': 'Prompts are listed and fetched with their arguments; a missing required argument is -32602.',
  }),
  ...promised(`${LEGACY}/server/resources`, {
    'resources-serve': 'Resources and templates are listed and read.',
    'resources-watched': 'A client that subscribes to a resource is notified when it changes, in both eras, and no other client is.',
    'resources-unknown': 'An unknown resource is -32602 with its address in data.uri.',
  }),
  ...promised(`${LEGACY}/server/utilities/completion`, {
    'completion-serves': 'Arguments of prompts are completed; an empty list of values is not an error.',
  }),
  ...promised(`${LEGACY}/client/elicitation`, {
    'ask-form': 'A tool gets a form filled in, declined or cancelled by the user behind the call, in both eras.',
    'ask-url': 'A tool sends the user to a URL if the client can show one.',
    'ask-undeclared': 'No client is asked for a capability that it did not declare: the call is rejected at once.',
    'ask-validated': 'Answers are validated against the question before the tool receives them.',
    'ask-stops-clock': 'The time a user takes to answer does not count against the deadline of the call.',
    'ask-sampling-roots': 'Sampling and roots requests are passed to the client.',
  }),
  ...promised(`${LEGACY}/basic/transports`, {
    'http-session': 'A session id is 128 random bits, created by initialize and ended by DELETE.',
    'http-version-header': 'An absent version header means 2025-03-26; an unsupported one is rejected with 400.',
    'http-accepted': 'A posted notification or response is answered with 202.',
    'http-standing-stream': 'A session has one standalone stream; a new one replaces the older one, which ends.',
    'http-json-unless-streaming': 'A reply is plain JSON unless another message precedes it.',
    'http-resume': 'A broken stream is resumed: missed messages arrive once and in order.',
    'http-methods': 'An unsupported method is answered with 405 and the supported methods of the address.',
    'http-media-type': 'A body that is not JSON in UTF-8 is rejected with 415.',
    'sse-serves': 'HTTP+SSE starts with the address to post to and answers on its stream; modern messages are answered with -32601.',
    'http-stream-headers': 'The headers of a stream forbid caching and buffering.',
    F23: 'A client that accepts neither JSON nor a stream gets 406; a missing Accept header or */* accepts both.',
    F31: 'An invalid Last-Event-ID is rejected with 400; one of another session replays nothing.',
    F32: 'An unknown, expired, ended or foreign session is 404; a missing id, or a value that cannot be an id, is 400.',
    F33: 'A message to an unknown HTTP+SSE session, or without a session, is rejected, and the gateway keeps running.',
  }),
  ...promised(`${MODERN}/basic`, {
    'modern-envelope': 'A modern request without its envelope is -32602, with an unknown revision -32022, both with 400.',
    'modern-removed-methods': 'Every removed or unknown method is answered with -32601; over HTTP with 404.',
    'modern-stateless': 'A modern request needs no session and creates none.',
    'modern-result-marks': 'Every modern result names its type and the server; a cacheable result names its lifetime.',
    'modern-cancel-by-close': 'Closing the response stream cancels a modern call.',
    'modern-probe-then-handshake': 'A client that only probed with server/discover may still start a handshake.',
    F34: 'Headers that are absent, duplicate, badly encoded or different from the body are rejected with 400 and -32020.',
    'header-arguments': 'Arguments in headers are compared with the body, numbers by value.',
  }),
  ...promised(`${MODERN}/basic/utilities/mrtr`, {
    listen: 'A listener gets the notifications it requested, and no others; its stream ends with a result.',
    'mrtr-rounds': 'A question ends the request with input_required; the call continues when the answer arrives.',
    'mrtr-offered-answers': 'Answers sent with the first request are used for the first question.',
    T28: 'No key is built in: state sealed by one run is invalid for another.',
    F19: 'A state that is altered, used, late or of another caller or call is -32602 and runs nothing; invalid answers are asked again.',
  }),
  ...promised('the transports', {
    'transport-large': 'A message of one megabyte passes in both directions on every transport.',
    differential:
      'The gateway answers the same traffic as a server of the official SDK does, except for differences with a documented reason.',
    'transport-schemas': 'Every reply of the engine matches the schemas of the official SDK, in both eras.',
    'large-line-id': 'A line over the limit is answered with its id if that is in its first or last 4 KB, else with null.',
    'numbers-exact':
      'Numbers, including ids and tokens, are passed to upstream servers, Python and gRPC plugins and back unchanged; calls of JavaScript plugins reject integers that they would round.',
    'numbers-faulty': 'NaN, infinity and numbers too large for a double are ARGUMENTS_INVALID in arguments and RESULT_INVALID in results.',
    'duplicate-id': 'A request with the id of a pending request is rejected with id null; the first call continues.',
    F2: 'A line over the limit costs one error and its own bytes; the next line is served.',
    F4: 'When stdin ends, calls in flight finish, replies are flushed, and the gateway exits with 0 and leaves no child process.',
    F6: 'If the client of a stdio gateway is killed, the gateway and every process it started end, even if its stdin stays open.',
    'stdio-files': 'Standard input and output may be files, terminals, pipes, sockets or closed.',
    'output-unwritable':
      'A failed write to output is reported in one line and the program exits with 1; if the reader closes the output, the program ends silently.',
    F55: 'A flood of lists and changes is coalesced, and memory stays flat.',
    F5: 'If a reader pauses, the gateway stops reading from it, memory stays bounded, and every reply arrives in the end.',
    F14: 'A lone UTF-16 surrogate becomes U+FFFD in arguments, results and every other message, for every kind of plugin.',
    F16: 'A call ends with a reply or a cancellation, never both, and no message follows.',
    F30: 'A disconnected client leaves nothing behind: a modern call is cancelled, a legacy call is kept for resumption.',
    F35: 'A WebSocket with a disallowed origin, host, token, version or subprotocol is rejected before the upgrade.',
    F36: 'Floods of fragments close a WebSocket; compression is not accepted.',
    F37: 'A WebSocket client that does not read is disconnected and its calls are cancelled.',
    'websocket-frames':
      'Binary frames close with 1003, too large ones with 1009; frames after a close frame are ignored; other connections are not affected.',
    'websocket-pings': 'A WebSocket whose client does not answer pings for 45 s is disconnected, and its calls are cancelled.',
    'websocket-goodbye': 'WebSockets are closed with 1001 when the gateway ends.',
  }),
  ...promised('the HTTP edge', {
    T1: 'No web page and no rebound host name reaches the gateway: Host and Origin are checked on every route.',
    T2: 'No web page opens a WebSocket.',
    T3: 'Every route except the two health routes requires the login, for every method and profile.',
    T4: 'No request can start a program.',
    T5: 'A session can only be used by the caller that opened it, with every method; for any other caller it does not exist.',
    T6: 'A reply never reaches another client, even if their ids are equal.',
    F21: 'A Host header that is absent, duplicate or only resembles a loopback address is rejected.',
    F22: 'A preflight is answered for listed origins only, with the headers that clients need and without credentials.',
    F24: 'A body over the limit, declared or not, and a compressed one are rejected in JSON.',
    F25: 'Pipelined requests, 100-continue, HTTP/1.0 and other upgrade offers get correct replies; other expectations and transfer codings are rejected in JSON.',
    F26: 'Paths are not normalized, except for one trailing slash after the address of a transport and an absolute target of the same host: every other path is 404, and needs the same login.',
    'path-prefix': 'The gateway works below any path of a reverse proxy: the endpoint event of HTTP+SSE is relative.',
    'null-params': 'Null parameters and cursors, and an empty cursor, are treated as absent.',
    F27: 'Connections over the limit replace idle ones or are rejected; all loopback addresses share one limit, and no local program can use it up.',
    'http-headers': 'More than 100 headers are rejected with 431, and every header of a request is checked.',
    'public-address':
      'The address in `listen.public` is an accepted host and origin and the beginning of printed addresses; a request never changes it.',
    F29: 'The forwarding headers of a request are ignored unless they come from a proxy that the operator trusts.',
    F38: 'A token that is absent, wrong, duplicate, in the URL or of another scheme is 401, and never logged.',
    F41: 'The data of one principal does not exist for another; the owner is not affected by attempts.',
    T23: 'Connections, sessions, queued bytes and slow requests are limited; the excess is rejected or closed, and other clients are served.',
    'login-rate':
      'After too many failed logins from one address or with one token, further failures are rejected for a minute; a valid token always passes.',
    'slow-readers': 'Clients that never read are disconnected; others are served meanwhile.',
    'slow-senders': 'A request that arrives too slowly times out.',
    'session-caps':
      'Idle sessions end, busy ones never. A new session over a limit replaces an idle one: of its own principal if that is at its limit, of the principal with most sessions if the total is reached; unused ones first, then the longest unused. If none is idle: 503 and Retry-After.',
    'listen-shares':
      'If there are too many listen streams, the oldest one of the principal with most streams ends to admit another principal.',
    'kept-shares': 'If there is no room for another cut result, the principal that stores most loses its oldest one.',
    'profiles-bound': 'Tools outside a profile do not exist for it; a token bound to a profile gets no other profile.',
    'health-words':
      'Liveness and readiness reply with one word and need no login. The gateway is ready once every plugin has opened or failed once, until it drains.',
    'drain-on-signal':
      'On SIGTERM, calls in flight are answered, new work is rejected with Retry-After, and the exit code is 0; a second signal ends the gateway at once.',
    F73: 'Listening on an address other than loopback without a login is rejected.',
  }),
  ...promised('the console', {
    'console-link-once': 'A login link of the console works once, within 10 minutes.',
    'console-token-login':
      'Tokens with the scope "observe" or "admin" log in at the console; other tokens do not, and no token opens its API.',
    'console-page': 'The page is served from the files of the build and from nothing else, compressed at build time.',
    'console-lazy':
      'A gateway loads express, prom-client and the console with the first request that needs them, and nothing of them at start.',
    'console-secrets':
      'No secret of the configuration, of a setting, a login or a plugin is in an answer, message, log line, audit line or metric.',
    'console-headers': 'Every answer of the console forbids foreign scripts, frames, forms and referrers, and sets no cookie.',
    'console-off': 'The key `"console": false` removes the page and its API; by default both exist only on loopback.',
    'console-live-login': 'The live channel of the console closes unless its first message, within 5 s, has a valid key.',
    'console-live-bounds':
      'The live channel bounds the size and number of messages, the sockets of a key and in all, and what a slow page has not read.',
    'console-resync': 'Pages of the console are told to fetch everything again once mcp.json was reloaded.',
    'console-revoked': 'A key that is revoked, or whose token is removed from mcp.json, ends its sockets within a second.',
    'console-foreign-page':
      'No page of another origin reads or changes anything at the console: not by requests, forms, frames or sockets.',
    'console-key': 'Every route of the console but the login needs a key in the Authorization header, and every change the scope "admin".',
    'console-fields': 'Routes of the console refuse unknown fields, other types, bodies over 64 KB and bodies that are not JSON.',
    'console-no-processes': 'Nothing that the console accepts can name a command, argument, environment, path, package or address.',
    'console-background':
      'The gateway of all windows opens a loopback port for the console alone when `plugmux console` asks, and stays while a page is open.',
    'console-link-hidden':
      'The command `plugmux serve` prints a login link on a terminal only; no code or key is in a log, an audit line or the state folder.',
    'console-login-throttled': 'Failed logins at the console are throttled by address; a valid code always passes.',
  }),
  ...promised('approval', {
    'approval-asked': 'A tool that requires approval runs only after the user of the client has approved it and its arguments.',
    'approval-first-lines': 'An approval question shows the tool and its arguments in the first two lines and 200 characters.',
    'approval-console':
      'A call that requires approval and whose client cannot ask waits for a person in the console, bound to its arguments and tool; it never runs after its client has left.',
    'lock-withheld':
      'With a lock file, a tool, prompt, skill or instructions that are new or changed are neither listed, found nor callable until they are accepted; a lock file that cannot be used withholds everything.',
    'approval-person': 'The command line allows a tool permanently only at a terminal or with `--yes`.',
    'approval-no':
      'A decline, a missing answer and a client that cannot ask each end the call with a distinct message, and nothing has run.',
    'approval-ticket':
      'A ticket is valid once, until it expires, for its caller, tool and arguments, also after a restart; only the gateway can issue one.',
    'approval-remembered': 'A permanent approval holds across restarts, for that caller and tool, until it is revoked.',
    'approval-rules':
      'The rule of a profile overrides that of a plugin, which overrides the format; a renamed tool stays as strict, and a rule without a match is reported.',
    'approval-closed': 'If approvals cannot be read or written, calls that require one are rejected.',
    'destructive-kept': 'A tool that its format marks as destructive is never published as harmless, even if no approval is required.',
    'approval-exported': "A client's allow-list holds exactly the tools that run without a question.",
    'tools-api': 'Code without MCP calls tools with the same edge, schema and policy as any client.',
    'tools-listed': 'GET /api/tools lists to code without MCP exactly what the caller may call in the profile, behind the same edge.',
    'client-imported': "An import of a client's servers shows what would run, drops nothing silently, prints no secret and keeps a backup.",
    'provider-rules': 'Exports for LLM APIs obey the rules of their providers for any tool, and name the tools that these rules exclude.',
    'openapi-valid': 'The OpenAPI description is valid OpenAPI 3.1 for any tool schema, and its references keep their meaning.',
  }),
  ...promised('schemas, arguments and results', {
    F13: 'A tool name that is a prototype member, of any length, or with hidden characters is unknown, and shown shortened.',
    F18: 'A URI that matches no template is not found, in bounded time for every input.',
    F49: 'An invalid schema costs its tool and not its plugin.',
    F50: 'A schema that cannot be fully checked (an unknown dialect, references that leave it or loop, an explosion) is served and reported, and its sound parts are checked; over 1 MB or 64 levels it is rejected. Nothing is fetched.',
    F51: 'Schemas that are expensive to check stay bounded and do not block the event loop.',
    F52: 'A string is parsed as JSON only if its schema requires the parsed value and allows no strings; nothing else is coerced, and no default is filled in.',
    'json-schema-suite':
      'Arguments are validated as the JSON Schema test suite requires, in 2020-12 and draft-07, or reported as unchecked.',
    'patterns-apart': 'Every pattern of a plugin is checked separately, in any order of calls.',
    'decimal-numbers': 'Numbers are compared by their decimal digits, including those that doubles cannot represent.',
    'portable-takes-all': 'The portable form of a schema accepts all arguments that the schema accepts.',
    'serial-asks':
      'While a plugin that serves one call at a time waits for a user, further calls are rejected after queueMs with that reason.',
    'operator-hints':
      'Tool effects in mcp.json reach clients and override those of the format; a tool that its format marks as destructive stays destructive.',
    'output-compilable':
      'Output schemas are listed in a form that clients can compile, so that one cannot break the list; the form accepts what the schema accepts.',
    'checks-counted': 'Whether a tool is served and what is checked depends on counts, never on time or load.',
    F53: 'A result that is not JSON is converted or rejected, never fatal and never lost.',
    'schema-id-apart': 'Schemas with the same $id never share a validator.',
    'calls-bounded':
      'Calls in flight are limited per client, per plugin and in total: a call over a limit waits, then is rejected as not sent.',
    T13: 'A result is data: nothing in it is fetched, filled in, read as a message or interpreted by a terminal. It passes unchanged, except that hidden characters are escaped inside a fence and with "results": "clean".',
    'result-limit': 'A result over the size or depth limit is one clear error.',
    T10: "Hidden characters in a plugin's own metadata reach no client: texts show them escaped, names and exact values with them cost their item. Joiners and marks that languages need stay.",
    T14: 'No schema of a plugin blocks the event loop or replaces another.',
    T26: 'The gateway passes on exactly what it checked: no duplicate key, and no header that differs from the body.',
    'error-object': 'An error states what happened, whether to retry and what to do, without stacks, paths or causes.',
    T24: 'Secrets in any part of a configuration are masked by value, key and shape in all text that leaves the gateway.',
  }),
  ...promised('names', {
    T12: 'No tool can take the place of another: its identity is plugin and tool, and public names are unique.',
    F47: 'A plugin serves a limited number of tools, in a stable order; the rest are reported.',
    F46: 'Equal names are qualified for all plugins that use them; names are valid, unique, stable and independent of order.',
    'names-rewritten': 'A changed name is replaced as a whole word in texts for the model, and nowhere else.',
  }),
  ...promised('plugin processes', {
    T15: 'The environment of a plugin holds what is configured and nothing else of the gateway.',
    T16: 'A plugin that crashes or blocks costs its own calls; other plugins are served.',
    F17: 'A call of a plugin that never responds ends in an error at the limit, and the plugin is notified.',
    F43: 'An invalid manifest fails its plugin with the location; the others load.',
    F45: 'A manifest of 10 MB, a YAML alias bomb and a tag that would construct code are rejected within a second.',
    F44: 'Each reason why a plugin does not load has its own message.',
    F56: 'A plugin that keeps crashing is restarted at growing intervals and then stopped, until a probe succeeds.',
    F57: 'No process of a plugin remains, even if it ignores signals, forks or leaves children behind.',
    T8: "A client's token never leaves the gateway.",
    'address-spellings':
      'Every spelling of an IP address is treated as the address it denotes, including IPv4 inside IPv6 and tunnel addresses.',
    T9: 'Addresses that servers name for a login are fetched only over https and from public addresses, without redirects.',
    F42: 'A login that leads to a script, a file, a page without TLS, another issuer or without PKCE is rejected before the user is sent there.',
    F28: 'A server whose TLS is missing, old, expired, for another name or by an unknown issuer is reported as such, and nothing is sent to it.',
    'login-step-up':
      'A call that needs a scope which the login lacks fails with the name of that scope and affects nothing else; the next login requests it with the scopes it had.',
    'login-one-call':
      'A 401 or 403 for one tool ends only that call: it is sent once, names the login to make, and works once that login exists.',
    'header-tools':
      'A tool of a server with invalid header arguments is skipped alone and reported; a request that cannot be written fails alone.',
    'login-entries':
      'A login works as written for other clients, including a secret, or the missing part is named; unused keys are reported with their location.',
    'login-challenge': 'A login requests the scopes that a server names, whether it rejects the handshake, a list or a call.',
    F69: 'A download that is truncated, changed, redirected elsewhere or missing is rejected with a code, and nothing of it remains.',
    T18: 'Only the one required file of an archive is unpacked; a path that leaves its folder is rejected.',
    'list-apart':
      'Each list of a server is independent: one that fails, hangs or is invalid keeps its previous content, is read again alone and is reported; the others are served.',
    'null-absent':
      'A member that a server sends as null is treated as absent, over every transport; where any value is allowed, null stays a value.',
    'start-cap':
      'An upstream server that runs but has not responded may start for "startCapMs", then is ended as one failure; commands wait "startTimeoutMs" and report that it is still starting.',
    'addresses-renamed':
      'A resource URI that two servers use is qualified with its server wherever a client sees it: in lists, results, prompts, "_meta" of tools, subscriptions and completions. The scheme ui: stays.',
    'addresses-handed-out':
      'A resource that no list holds is read from the server that returned its URI, for an hour, by the principal and profile that received it.',
    'meta-passes':
      'Members of "_meta" in a request reach servers and plugins, and theirs are returned, except for keys that each connection sets itself.',
    'results-as-given': 'A result of a server that has both text and data passes unchanged.',
    'roots-of-client':
      'A server that requests roots gets those of the client behind a call, over HTTP too; before a client exists, it does not get an empty list.',
    'ask-apart': 'A pending question to one client delays no call of another client.',
    'withheld-told': 'Everything that a plugin offers and the gateway does not serve is logged in one line with the reason.',
    'long-id-cut': 'If a public name would be too long, the id of the plugin is cut and the tool keeps its own name.',
    'list-bounds': 'A list is read up to a number of items, bytes and seconds, regardless of its pages; the part read is served.',
    'http-apart':
      'Over Streamable HTTP, a lost, reset or truncated request fails alone; the session ends only if the server has forgotten it.',
    T19: 'Installed files are compared with their digest at every start; after a change of one byte, the plugin does not start.',
    F70: 'No name, version or URL of a plugin reaches a command line as an option or a command.',
    F71: 'Installs and builds of one plugin run one after the other; an interrupted one leaves the old state or the new one.',
    F67: 'A plugin that rejects, resets, closes the connection or dies after the handshake costs one error per call; the gateway reconnects to it or restarts it.',
    F68: 'A reply that is over the limit, truncated or of the wrong kind is one error with a code; the connection stays.',
    T17: 'A wrong handshake, an address other than loopback or a certificate other than the agreed one is rejected, without a downgrade.',
    T20: 'No data from a plugin is used to describe its connection.',
    F20: 'Servers and clients of different eras work together, even if a server changes its era with a restart: no notification is lost.',
    'messages-bounded':
      'A message or list with too many values, of a plugin, a program, a server or a client, costs its request or its sender; it is rejected before it is parsed or traversed.',
    F58: 'Messages of a plugin about calls of others, and duplicate messages, are dropped; a message that is not valid ends the plugin.',
    F59: 'A pid that now belongs to another process is never signalled.',
    F61: 'Changes that a plugin makes to its process stay in that process.',
    F62: 'Only the first result of a plugin per call counts, regardless of how often it settles.',
    F63: 'Output that a Python plugin prints, logs or writes outside of Python, at import or in a tool, has no effect on the protocol.',
    F64: 'Regardless of how Python code ends, its call is answered with the exception or with how the process ended; the traceback stays in the log.',
    F65: 'Python code that holds the GIL, never awaits, overrides signals or leaves threads and children is ended at the deadline with all of its processes.',
    'jaato-threads':
      "A jaato plugin's objects are created, listed and called on one thread of the plugin; only calls that overlap use others, and never with the first generation. No call gets the answer of another.",
    'scaiwave-thread': "A ScaiWave plugin's constructor runs on the thread that runs its calls.",
    'scaiwave-suggestions': 'A ScaiWave result is a failure only if its last part starts with "Fallback suggestions" and a colon.',
    'scaiwave-told':
      'A ScaiWave class that its list omits, or that has the id of another, is not reported as a failed plugin; warnings name the plugin they concern; missing parts are named, with the hint that another program may use the same names.',
    'python-version':
      'A Python plugin or package that requires another version of Python is reported with that version, not as a network failure.',
    'entry-point-named': 'An entry point that fails to load names its distribution and version.',
    'one-version': 'A plugin has the same version and facts in every list, in _meta and in info.',
    'jaato-unanswered':
      'If a question of a jaato plugin cannot be asked, is declined or is cancelled, the call ends as a failure with that reason, regardless of what the plugin returns.',
    'jaato-output': 'Text that a jaato command passes to its output callback is its output, in order, before its result.',
    'jaato-late': 'Tools that a call of a jaato plugin adds or removes are callable, listed or gone with the next request.',
    'jaato-settings':
      "Settings of jaato plugins are compared with the plugin's declaration: type, choices, required ones, and unknown ones with the nearest name; the plugin loads.",
    'jaato-untrusted': 'Results of tools with the trait untrusted_content are fenced, and consist of text alone.',
    'jaato-names': "Stand-ins have the names and fields of today's SDK.",
    'jaato-host':
      "A jaato plugin gets the registry, config_root and the members of the current version; the user's settings take precedence.",
    'jaato-siblings': 'A jaato plugin that is slow to start, hangs or ends the process while starting delays only itself.',
    F60: 'A blocked plugin is killed at the deadline of its call and restarted.',
    F75: 'Killing the gateway leaves no process of a plugin, and the gateway starts again at once with its last state.',
    T22: "Only the gateway's own user has access to its data.",
    'plugin-stdout': 'Output that a plugin prints has no effect on the protocol and is logged.',
    'start-tries':
      'An interpreter or program that ends before its first message is started a few times, within the start limit. doctor, call and list end, report exit code, last output and a fix, show the healthy plugins, and exit with 1.',
    'program-unrunnable':
      'A program for another machine, a script without its interpreter and a file that is neither are reported before they are started, and no shell reads them.',
    'squadron-handshake':
      'A handshake line that names an unknown network, lacks fields or is too long is reported at once, not after the start limit.',
    'fix-mends': 'A fix names the folder that the failing import was resolved from: following it changes the outcome.',
    'package-missing': 'A plugin whose package is missing is never listed as ready, and none of its tools is.',
    'ethos-data-dir': 'An Ethos plugin gets the path of its own writable folder in `api.dataDir`, created before the plugin is activated.',
    'plugin-replaced': 'A replaced plugin finishes its calls in flight.',
    'plugin-stopped': 'A call that is cut because the gateway stops its plugin says so, and why.',
  }),
  ...promised('configuration and life', {
    F72: 'An invalid configuration is reported with its location and a suggestion: exit 2 at start, the old one kept on reload. Comments, trailing commas and a byte order mark are accepted.',
    'first-screen':
      'The first screen is a table of plugins with format, tools and state, and one line with the fix for each that is not ready; it appears when all are ready or failed, at the latest after firstListMs.',
    'enable-one': 'Enabling or disabling one plugin in the file leaves the other plugins of its entry as they are.',
    'build-when-stale': 'A start by `npm start` builds if and only if a source is newer than the last build.',
    'config-foreign':
      'Files of other clients work unchanged: mcpServers or servers, inputs by PLUGMUX_INPUT_<NAME>, envFile as part of env; a missing value affects only its own entry.',
    'agent-plugins':
      'Plugins of the Agent Plugins standard 1.0 are loaded, skipped and reported in whole and in part as the standard requires, and nothing outside of them is read or started.',
    'foreign-plugins':
      'Plugins for Claude Code, Cursor, Codex and the Gemini CLI serve their servers, commands, skills and texts with the meaning of their own host; hooks and shell text never run, and nothing in them loosens an approval.',
    'mcp-bundles':
      'An MCP Bundle, a folder or packed, serves its server with its settings filled in once and unchanged. A packed one is unpacked by content into the state folder, whole or not at all, and never writes outside of it.',
    discover:
      'What other clients have installed is found in their usual places only, and added with a preview and a backup. Nothing of it is started, and no secret is printed.',
    'yielded-servers':
      'Servers that a plugin brings are served below its id, with its rules, limits, environment and switches, and keys of their own beat these. A missing setting hides only the server that uses it, and a change restarts only that server.',
    proxies:
      'Every outgoing request uses the proxy of its server, of the file or of the environment, and its login. NO_PROXY and NODE_EXTRA_CA_CERTS apply. With a proxy, the gateway does not resolve names and rejects literal private addresses.',
    'reload-logins':
      'A token that is removed from the file or changed ends its sessions, streams, sockets and calls at once; a first token closes an open gateway; the last one stays.',
    'reload-limits': 'A changed limit takes effect with the reload, and replaces a plugin process only if that was started with it.',
    'reload-told':
      'Every key of the file is live or needs a restart: a reload logs the changed keys, and warns about those that need a restart.',
    F74: 'A flood of reloads is coalesced, loses no call and leaves nothing behind.',
    T21: 'A configuration is applied as a whole or not at all, except for invalid upstream entries: each is skipped with a warning that names its location. No configuration listens on an address that its logins do not allow.',
    'instructions-budget':
      'Instructions for the model use at most 2,048 characters, cut at the ends of sentences, with a pointer to the rest.',
    'audit-line': 'Every call is one line of the audit log, with a digest instead of its arguments.',
    'store-damaged':
      'A damaged store prevents a start; if it is damaged in use, plugins opened from then on stay closed, and approvals are rejected.',
    'store-unavailable':
      'A store that is locked, full, read-only or otherwise inaccessible is not treated as damaged, and no plugin opens until it can be read.',
    'one-gateway':
      'Windows of one configuration share one gateway with one set of plugin processes, which ends a while after its last use. A window that is killed ends its own session only.',
    'gateway-lost':
      'If the gateway of a window is gone, each call in flight gets one error, and the next call a new gateway with the session as it was.',
    'window-identity':
      'A gateway serves a window only with the same file, folder and values from the environment; a changed file is read first. Otherwise the window says why, and serves itself.',
    'window-proof': 'A window and its gateway prove to each other that they know the key of the state folder.',
    'store-commits':
      'A write that meets the lock of another process is refused as a whole; every later write is committed, and locks nobody out.',
    'store-migrates':
      'A store of an earlier version keeps its data: it is migrated at once or not at all, also by several processes at the same time.',
    'store-newer':
      'A store that a newer version has changed beyond reading stops the start with the version to install, and is not changed.',
    'store-killed': 'A gateway that is killed at any moment leaves each write and each migration applied as a whole or not at all.',
    'store-shared':
      'What a command or another gateway stores, such as a disabled plugin or a setting, reaches a running gateway without a reload.',
    'store-settings':
      'Settings and secrets of a plugin are saved together or not at all, and every gateway of the state folder reads them.',
    'store-sealed':
      'Stored secrets are encrypted and bound to their plugin and key. Under another key they count as missing, and none is deleted.',
    'store-repair': 'A damaged store is moved aside on request, with a report of what is lost, and never while a gateway has it open.',
    'audit-events':
      'Calls of tools that do not exist for the caller, failed logins, actions of administrators and reloads are lines of the audit log.',
    'audit-verify':
      'A changed, moved or removed line, batch or file of the audit log is detected, and the traces of a crash are not mistaken for one.',
    F78: 'Under mixed load with random faults from a seed, nothing is lost, duplicated or misrouted.',
    F77: 'A link that is late, narrow, cut, dead or noisy affects its own calls only: each ends in its reply or one error, and other clients notice nothing.',
    F76: 'Time limits run on the monotonic clock.',
    'call-limits':
      "The time limit of a call is that of the plugin in mcp.json, else its author's, else the file's global one, else the format's, else the built-in one.",
    'limits-printed': 'Every limit is printed with its value and the source of that value.',
    'settings-shape':
      'Settings that a plugin declares have one shape for every format; what cannot be used of a declaration is left out and listed.',
    'settings-stored':
      'Values that are stored for the settings of a plugin are checked first, reach the plugin as mcp.json would give them, and never replace a value of the file.',
    'plugin-facts': 'Each plugin names its process, the time and count of its starts, since when it is in its state, and who disabled it.',
    'calls-counted':
      'Finished calls are counted by tool and outcome, and the latest are kept with the words of the audit log, without arguments unless the log has them.',
    'clients-listed':
      'Connected clients of both eras are listed with what they can do and when they last listed and called, and each can be ended.',
    'console-try':
      'A tool that is tried at the console passes everything that a call passes, asks in the page, and pages are told what happens.',
    'metrics-bounds':
      'Names of tools, clients and callers cannot add a line or unbounded labels to /metrics; the parser of Prometheus reads every answer.',
    metrics:
      'The figures of /metrics are in the text format of Prometheus, for tokens with the scope "metrics" or "admin", or for all if the file says so.',
    'jwt-forged': 'A token that its issuer did not sign for this gateway, for now and as an access token, is rejected with 401.',
    'jwt-issuers': 'Tokens of authorization servers are accepted by keys that may change; known keys hold while the server is down.',
    'jwt-rights': 'A token has the scopes and profiles that its issuer gives it under auth.jwt, and no other.',
    'resource-metadata': 'The metadata of each address names it exactly as clients use it, in each place where clients look.',
    'scope-challenge': 'A call that lacks a scope gets 403 with all scopes it needs, or a tool error where no status is left.',
    'doctor-auth': 'The command `plugmux doctor --auth` finds what keeps clients from logging in through an authorization server.',
    isolated: 'Two principals neither see nor affect what belongs to the other, on any route and transport.',
    traces: 'Calls are traced in the W3C context of their request, which servers and plugins get; unless asked for, nothing is.',
    tls: 'HTTPS is served with a certificate that is renewed with its files; one that cannot be used replaces nothing.',
    'calls-per-minute': 'A principal that reaches its calls per minute gets 429 with the time to wait; others are not affected.',
    'grafana-board':
      'The board of `plugmux export grafana` asks only for figures of /metrics, in queries that the grammar of Prometheus reads.',
    'console-errors': 'Errors of the API say what is wrong and what can be done, with the facts and words of the command line.',
    'console-overview': 'One answer has what the first screen of the console shows, within 60 KB at 20 plugins.',
    'console-calls': 'The console lists finished calls of all clients, the latest from memory and older ones from the audit log.',
    'console-tools': 'The console shows each tool in the forms that clients get, with what they lose and how many tokens they cost.',
    'console-tool-switch':
      'A tool that is switched off for a profile is neither listed nor callable in it, in other profiles nothing changes, and mcp.json wins.',
    'console-settings': 'Settings are changed at the console with a revision, and each refusal names its cause; no value is recorded.',
    'console-plugin-actions': 'Plugins are disabled, enabled, restarted and checked at the console.',
    'console-connect':
      'The console shows how each client reaches this gateway: at its public address, at its port, or by a command, with what must be done first.',
    'console-clients':
      'Clients of both eras are listed at the console; ending one there ends its session, or the calls and streams of a stateless one.',
    'console-logs': 'The console shows the log, prompts and instructions as clients get them, and checks the audit log.',
    'settings-shown': 'Every declared setting is shown with the place of its value, and no secret with its value.',
    'skills-repairs': 'Front matter with common mistakes is repaired, and each repair is reported with file and line.',
    'skills-digests': 'Files of skills are served byte by byte, with the digests that skills/list names.',
    'skills-extension':
      'Skills are served by the MCP extension for skills in both eras: verbatim front matter and complete lists of files.',
    'skills-tool': 'A client that knows only tools loads skills and their files with load_skill, and finds one among many by a search.',
    'skills-profile': 'A profile serves the skills that it selects; the others are unknown, with their prompts and resources.',
    'skills-watched': 'Skills that are added, changed or removed on disk are served at once.',
    'skills-known': 'A later start opens the skills that have not changed without reading their files again, with the same offer.',
    'skills-inside': 'No file outside the folder of a skill can be read through it.',
    'grpc-tools': 'A gRPC server becomes tools by its address alone; streams, statuses and their details reach the model.',
    'grpc-down': 'The tools of a gRPC server stay listed while it is down, and are read again after its restart.',
    T25: 'The audit log is chained: a missing line is detected.',
    T27: 'An unwritable audit log is reported. If it is required, or if other users may call, this prevents the start, rejects calls, and no reply is sent before its line is written.',
    'errors-documented': 'Error codes and their documentation are equal, in both directions.',
  }),
} satisfies Record<string, Requirement>;

/** The id of a promise. */
export type RequirementId = keyof typeof REQUIREMENTS;

/** Promises that are proved by `npm run judges` only. */
export const JUDGED: readonly RequirementId[] = ['differential', 'login-challenge', 'login-step-up', 'metrics-bounds', 'F77', 'F78'];

declare module 'vitest' {
  interface TestTags {
    readonly tags: RequirementId;
  }
}
