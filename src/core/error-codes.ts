/** What became of a call: never handed over, handed over without an answer, or answered against the rules. */
export type CallOutcome = 'NOT_SENT' | 'SENT_NO_REPLY' | 'REPLIED_INVALID';

/** What a code says of itself. */
export interface CodeInfo {
  readonly meaning: string;
  readonly fix: string;
  readonly outcome?: CallOutcome;
  /** The fix where no call was in flight. */
  readonly idleFix?: string;
}

/** Every error code: what it means and what to do. Codes are permanent; README.md here lists the same table. */
export const ERROR_CODES = {
  APPROVAL_STORE_UNAVAILABLE: {
    outcome: 'NOT_SENT',
    meaning: 'What people have agreed to cannot be read or written, so tools that need an approval are refused.',
    fix: 'Make state.db in the state folder readable and writable for the gateway.',
  },
  ARCHIVE_REFUSED: {
    meaning: 'A downloaded archive holds something that must not be unpacked, or lacks what it should hold.',
    fix: 'Ask the publisher, or use another version.',
  },
  ARGUMENTS_INVALID: {
    outcome: 'NOT_SENT',
    meaning: "The arguments do not match the tool's input schema.",
    fix: 'Correct the argument named in the message and call again.',
  },
  ASK_FAILED: {
    outcome: 'SENT_NO_REPLY',
    meaning: 'The tool asked the client a question, and no usable answer came.',
    fix: 'Answer the question when the client shows it; call again.',
  },
  AUDIT_STORE_UNAVAILABLE: {
    outcome: 'NOT_SENT',
    meaning: 'The audit log cannot be written and calls without one are not allowed here.',
    fix: 'Make the audit folder below the state folder writable, or set "audit": { "required": false }.',
  },
  BIND_REFUSED: {
    meaning: 'The gateway was asked to listen beyond this machine without a login.',
    fix: 'Add a token under "auth", put TLS in front and set "listen.insecure": true, or listen on 127.0.0.1.',
  },
  BUSY: {
    outcome: 'NOT_SENT',
    meaning: 'Too many calls are in flight, and none ended in time.',
    fix: 'Call again a little later, or raise "limits".',
  },
  CALL_CANCELLED: {
    outcome: 'SENT_NO_REPLY',
    meaning: 'The client cancelled the call; the tool may have run.',
    fix: 'Check what the tool did before calling it again.',
  },
  CALL_TIMEOUT: {
    outcome: 'SENT_NO_REPLY',
    meaning: 'The tool gave no answer within its time limit; it may still have run.',
    fix: 'Check what the tool did, or raise "limits.callTimeoutMs" for it.',
  },
  CAPABILITY_MISSING: {
    outcome: 'SENT_NO_REPLY',
    meaning: 'The tool needs to ask something that this client cannot answer.',
    fix: 'Use a client with the capability named in the message.',
  },
  CHECKSUM_MISMATCH: {
    meaning: 'A download is not what its publisher lists, or an installed plugin was changed since.',
    fix: 'Find out who changed it; remove its folder to install it again.',
  },
  CONFIG_INVALID: {
    meaning: 'The configuration file cannot be used as it stands.',
    fix: 'Correct the place named in the message.',
  },
  DENIED: {
    outcome: 'NOT_SENT',
    meaning: 'The call was not approved.',
    fix: 'Allow the tool under "approval" in mcp.json, or approve the call.',
  },
  DEPENDENCY_MISSING: {
    meaning: 'The plugin needs a package that is not installed.',
    fix: 'Run the install command named in the message.',
  },
  DOWNLOAD_FAILED: {
    meaning: 'A release of a plugin could not be fetched.',
    fix: 'Check the source, the version and the network; nothing was installed or changed.',
  },
  DRAINING: {
    outcome: 'NOT_SENT',
    meaning: 'The gateway is shutting down and takes no new work.',
    fix: 'Connect again when it has restarted.',
  },
  DUPLICATE_ID: {
    meaning: 'A request used an id that still waits for its reply.',
    fix: 'Give every request on a connection its own id.',
  },
  DUPLICATE_KEY: {
    meaning: 'One JSON object has the same key twice.',
    fix: 'Send every key once.',
  },
  ENTRY_NOT_FOUND: {
    meaning: 'The file or folder that should hold the plugin is not there or cannot be read.',
    fix: 'Correct the path, or restore the file.',
  },
  HANDSHAKE_FAILED: {
    meaning: 'The plugin process started but did not speak the plugin channel.',
    fix: 'Read the last lines of its log in the message.',
  },
  HOST_REFUSED: {
    meaning: 'The Host header names no address this gateway serves.',
    fix: 'Use the printed URL, or add the name to "listen.hosts".',
  },
  INSECURE_PERMISSIONS: {
    meaning: 'Others on this machine can change the configuration or a plugin, or read a file with a secret; a warning.',
    fix: 'Run the command named in the message.',
  },
  INTERNAL: {
    meaning: 'The gateway itself failed; the log holds the cause under the reference.',
    fix: 'Report the reference with the log line.',
  },
  INVALID_PARAMS: {
    meaning: 'The parameters of a request are wrong.',
    fix: 'Correct the parameter named in the message.',
  },
  INVALID_REQUEST: {
    meaning: 'The message is no JSON-RPC request.',
    fix: 'Send one JSON-RPC 2.0 message.',
  },
  LOAD_TIMEOUT: {
    meaning: 'A plugin did not finish one stage of loading in time.',
    fix: 'Look at what the plugin does in that stage, or raise "limits.startTimeoutMs".',
  },
  LOGIN_REFUSED: {
    meaning: "The server's OAuth metadata points to an address the gateway does not contact.",
    fix: "Ask the server's operator. No request was sent, no token stored.",
  },
  MANIFEST_INVALID: {
    meaning: "The plugin's manifest cannot be used.",
    fix: 'Correct the manifest at the place named.',
  },
  MESSAGE_TOO_DEEP: {
    meaning: 'A message is nested too deep or holds too many keys or elements.',
    fix: 'Send a flatter or smaller message.',
  },
  MESSAGE_TOO_LARGE: {
    meaning: 'A message is larger than the limit.',
    fix: 'Send less, or raise "limits.messageBytes".',
  },
  METHOD_NOT_ALLOWED: {
    meaning: 'This address does not serve that HTTP method.',
    fix: 'Use the methods of the Allow header.',
  },
  METHOD_NOT_FOUND: {
    meaning: 'The method does not exist in this protocol revision.',
    fix: 'Use a method of the revision in use.',
  },
  NAME_COLLISION: {
    meaning: 'Two plugins claim the same id or the same folder.',
    fix: 'Rename one of the two, or disable one in mcp.json.',
  },
  NEEDS_CONFIGURATION: {
    outcome: 'NOT_SENT',
    meaning: 'The plugin lacks a setting or credential it requires.',
    fix: 'Set the keys named in the message under the plugin in mcp.json.',
  },
  NOT_ACCEPTABLE: {
    meaning: 'The client accepts neither JSON nor an event stream.',
    fix: 'Send Accept: application/json, text/event-stream.',
  },
  NOT_FOUND: {
    meaning: 'Nothing is served at this address.',
    fix: 'Use the printed URL.',
  },
  NOT_INITIALIZED: {
    meaning: 'The connection has not been initialized.',
    fix: 'Send initialize first.',
  },
  ORIGIN_REFUSED: {
    meaning: 'The request comes from a web page that is not allowed to use this gateway.',
    fix: 'Add the origin to "listen.origins" if you trust that page.',
  },
  OVERLOADED: {
    meaning: 'The gateway has no room for more connections or sessions.',
    fix: 'Try again after the given time.',
  },
  PARSE_ERROR: {
    meaning: 'The message is not JSON in UTF-8.',
    fix: 'Send one JSON text in UTF-8.',
  },
  PLUGIN_CRASHED: {
    outcome: 'SENT_NO_REPLY',
    meaning: 'The plugin process ended while the call was in flight; the tool may have run.',
    fix: 'Check what the tool did; the plugin is restarted by itself.',
    idleFix: 'Wait for its next start, which comes by itself; the log has its last words.',
  },
  PLUGIN_FAILED: {
    meaning: "The plugin's own code failed.",
    fix: "Read the plugin's message; its log has the details.",
  },
  PLUGIN_PROTOCOL_ERROR: {
    outcome: 'REPLIED_INVALID',
    meaning: 'The plugin process broke the rules of the plugin channel.',
    fix: 'Nothing on the client side; the log has the details.',
  },
  PLUGIN_UNAVAILABLE: {
    outcome: 'NOT_SENT',
    meaning: 'The plugin is not running.',
    fix: 'Call again later; `plugmux doctor` says why it is down.',
  },
  PLUGIN_UNRESPONSIVE: {
    outcome: 'SENT_NO_REPLY',
    meaning: 'The plugin process stopped answering and was killed while the call was in flight; the tool may have run.',
    fix: 'Check what the tool did; the plugin is restarted by itself.',
    idleFix: 'Wait for its next start, which comes by itself; the log has its last words.',
  },
  PORT_IN_USE: {
    meaning: 'Another program listens on the configured address.',
    fix: 'End that program, or set another port under "listen".',
  },
  RATE_LIMITED: {
    meaning: 'Too many failed logins from this address, or with this token.',
    fix: 'Wait, then use a valid token.',
  },
  RESULT_INVALID: {
    outcome: 'REPLIED_INVALID',
    meaning: 'The tool ran, but its result cannot be passed on.',
    fix: 'Nothing on the client side; the plugin must return plain data.',
  },
  RESULT_TOO_LARGE: {
    outcome: 'REPLIED_INVALID',
    meaning: 'The tool ran, but its result is over the size limit.',
    fix: 'Ask for less, or raise "limits.resultBytes".',
  },
  SCHEMA_REFUSED: {
    meaning: 'The input schema of a tool cannot be served safely.',
    fix: "Correct the schema in the plugin; the plugin's other tools are served.",
  },
  SCHEMA_UNCHECKED: {
    meaning:
      'A tool is served, but its arguments are not checked by its input schema, or by a part of it only; or parts of its output schema that clients cannot compile are left out.',
    fix: 'Nothing needs to be done: the tool gets what the client sends. Correct or simplify the schema if the gateway shall check it.',
  },
  STATE_STORE_UNAVAILABLE: {
    outcome: 'NOT_SENT',
    meaning: 'What the gateway keeps in state.db cannot be read or written now, so what depends on it stays closed.',
    fix: 'Make state.db in the state folder readable and writable, free disk space, or end the program that locks it.',
  },
  STORE_DAMAGED: {
    outcome: 'NOT_SENT',
    meaning: 'state.db in the state folder is damaged, so plugins that are disabled there cannot be told from the others.',
    fix: 'End the gateways on this state folder, then run `plugmux store repair`.',
  },
  TOOL_REFUSED: {
    meaning: 'One tool of a plugin cannot be served.',
    fix: 'Correct the tool; the others are served.',
  },
  UNAUTHENTICATED: {
    meaning: 'A valid bearer token is needed.',
    fix: 'Send Authorization: Bearer with a token from mcp.json.',
  },
  UNKNOWN_SESSION: {
    meaning: 'The session does not exist or has ended.',
    fix: 'Initialize a new session.',
  },
  UNKNOWN_TOOL: {
    meaning: 'No tool of that name is served here.',
    fix: 'List the tools and use one of their names.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    meaning: 'The body is not JSON.',
    fix: 'Send Content-Type: application/json.',
  },
  UPSTREAM_LOST: {
    outcome: 'SENT_NO_REPLY',
    meaning:
      'The connection to an upstream server, or to a plugin that still runs, was lost while the call was in flight; the tool may have run.',
    fix: 'Check what the tool did; the gateway connects again by itself.',
    idleFix: 'Wait for the next try, which comes by itself; the log says how the connection ended.',
  },
} as const satisfies Record<string, CodeInfo>;

/** One of the permanent codes. */
export type ErrorCode = keyof typeof ERROR_CODES;
