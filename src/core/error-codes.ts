import type { CodeInfo } from './contract/call-outcome.ts';

/** All error codes. Codes are permanent; README.md in this folder contains the same table. */
export const ERROR_CODES = {
  APPROVAL_CHANGED: {
    outcome: 'NOT_SENT',
    meaning: 'The call or its tool differs from what the person was shown.',
    fix: 'Look at the call again, and answer what is shown now.',
  },
  APPROVAL_GONE: {
    meaning: 'The call no longer waits: it was answered, cancelled or timed out.',
    fix: 'Look at the calls that wait now.',
  },
  APPROVAL_STORE_UNAVAILABLE: {
    outcome: 'NOT_SENT',
    meaning: 'Stored approvals cannot be read or written, so tools that need an approval are rejected.',
    fix: 'Make state.db in the state folder readable and writable for the gateway.',
  },
  ARCHIVE_REFUSED: {
    meaning: 'A downloaded archive contains an unsafe entry or lacks a required file.',
    fix: 'Report it to the publisher, or use another version.',
  },
  ARGUMENTS_INVALID: {
    outcome: 'NOT_SENT',
    meaning: "The arguments do not match the tool's input schema.",
    fix: 'Correct the argument named in the message and call again.',
  },
  ASK_FAILED: {
    outcome: 'SENT_NO_REPLY',
    meaning: 'The tool sent a question to the client and received no valid answer.',
    fix: 'Answer the question when the client shows it, then call again.',
  },
  AUDIT_STORE_UNAVAILABLE: {
    outcome: 'NOT_SENT',
    meaning: 'The audit log cannot be written, and the configuration requires it for every call.',
    fix: 'Make the audit folder below the state folder writable, or set "audit": { "required": false }.',
  },
  BIND_REFUSED: {
    meaning: 'The gateway is configured to listen on other interfaces without a token.',
    fix: 'Add a token under "auth", put TLS in front and set "listen.insecure": true, or listen on 127.0.0.1.',
  },
  BUSY: {
    outcome: 'NOT_SENT',
    meaning: 'Too many calls are in flight, and none ended in time.',
    fix: 'Call again later, or raise the limit under "limits".',
  },
  CALL_CANCELLED: {
    outcome: 'SENT_NO_REPLY',
    meaning: 'The client cancelled the call; the tool may have run.',
    fix: 'Check what the tool did before calling it again.',
  },
  CALL_TIMEOUT: {
    outcome: 'SENT_NO_REPLY',
    meaning: 'The tool did not respond within its timeout; it may still have run.',
    fix: 'Check what the tool did, or raise "limits.callTimeoutMs" for it.',
  },
  CAPABILITY_MISSING: {
    outcome: 'SENT_NO_REPLY',
    meaning: 'The tool needs a client capability that this client does not support.',
    fix: 'Use a client with the capability named in the message.',
  },
  CHECKSUM_MISMATCH: {
    meaning: "A download does not match the publisher's checksum, or an installed plugin has changed since.",
    fix: 'Find out who changed it; remove its folder to install it again.',
  },
  CONFIG_INVALID: {
    meaning: 'The configuration file is invalid.',
    fix: 'Correct the place named in the message.',
  },
  CONFLICT: {
    meaning: 'Values were changed by someone else since they were read.',
    fix: 'Read them again and repeat the change.',
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
    meaning: 'A plugin release could not be downloaded.',
    fix: 'Check the source, the version and the network; nothing was installed or changed.',
  },
  DRAINING: {
    outcome: 'NOT_SENT',
    meaning: 'The gateway is shutting down and accepts no new requests.',
    fix: 'Connect again when it has restarted.',
  },
  DUPLICATE_ID: {
    meaning: 'A request uses the id of a request that has no reply yet.',
    fix: 'Give every request on a connection a different id.',
  },
  DUPLICATE_KEY: {
    meaning: 'A JSON object contains a duplicate key.',
    fix: 'Send every key once.',
  },
  ENTRY_NOT_FOUND: {
    meaning: 'The file or folder of the plugin does not exist or cannot be read.',
    fix: 'Correct the path, or restore the file.',
  },
  FIXED_BY_FILE: {
    meaning: 'A setting can be changed in mcp.json only.',
    fix: 'Change it in mcp.json.',
  },
  FORBIDDEN: {
    meaning: 'The login may look at the console, but not change anything.',
    fix: 'Log in with the link of `plugmux console`, or with a token that has the scope "admin".',
  },
  GATEWAY_LOST: {
    outcome: 'SENT_NO_REPLY',
    meaning: 'The gateway that this window was attached to ended, or none can be reached; a call may have run.',
    fix: 'Check what the tool did, then call again: the next call starts a new gateway.',
  },
  HANDSHAKE_FAILED: {
    meaning: 'The plugin process started but did not complete the handshake.',
    fix: 'Read the last lines of its log in the message.',
  },
  HOST_REFUSED: {
    meaning: 'The Host header does not match an address of this gateway.',
    fix: 'Use the printed URL, or add the name to "listen.hosts".',
  },
  INSECURE_PERMISSIONS: {
    meaning: 'Warning: other users of this machine can change the configuration or a plugin, or read a file with a secret.',
    fix: 'Run the command named in the message.',
  },
  INTERNAL: {
    meaning: 'Internal error of the gateway; the log contains the cause under the reference.',
    fix: 'Report the reference with the log line.',
  },
  INVALID_PARAMS: {
    meaning: 'The parameters of a request are invalid.',
    fix: 'Correct the parameter named in the message.',
  },
  INVALID_REQUEST: {
    meaning: 'The message is not a JSON-RPC request.',
    fix: 'Send one JSON-RPC 2.0 message.',
  },
  LOAD_TIMEOUT: {
    meaning: 'A plugin exceeded the time limit of a loading stage.',
    fix: 'Check what the plugin does in that stage, or raise "limits.startTimeoutMs".',
  },
  LOGIN_CODE_REFUSED: {
    meaning: 'The login link of the console was used before, has expired or is incomplete.',
    fix: 'Make a new one with `plugmux console`.',
  },
  LOGIN_REFUSED: {
    meaning: "The server's OAuth metadata points to an address the gateway does not contact.",
    fix: "Ask the server's operator. No request was sent, no token stored.",
  },
  MANIFEST_INVALID: {
    meaning: "The plugin's manifest is invalid.",
    fix: 'Correct the manifest at the place named in the message.',
  },
  MESSAGE_TOO_DEEP: {
    meaning: 'A message has too many levels of nesting, keys or elements.',
    fix: 'Send a flatter or smaller message.',
  },
  MESSAGE_TOO_LARGE: {
    meaning: 'A message is larger than the limit.',
    fix: 'Send less, or raise "limits.messageBytes".',
  },
  METHOD_NOT_ALLOWED: {
    meaning: 'This address does not support the HTTP method.',
    fix: 'Use the methods of the Allow header.',
  },
  METHOD_NOT_FOUND: {
    meaning: 'The method does not exist in this protocol revision.',
    fix: 'Use a method of the revision in use.',
  },
  NAME_COLLISION: {
    meaning: 'Two plugins have the same id or the same folder.',
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
    meaning: 'The gateway has reached its limit of connections or sessions.',
    fix: 'Try again after the given time.',
  },
  PARSE_ERROR: {
    meaning: 'The message is not JSON in UTF-8.',
    fix: 'Send one JSON text in UTF-8.',
  },
  PLUGIN_CRASHED: {
    outcome: 'SENT_NO_REPLY',
    meaning: 'The plugin process ended while the call was in flight; the tool may have run.',
    fix: 'Check what the tool did; the gateway restarts the plugin.',
    idleFix: 'Wait for its next restart; its last output is in the log.',
  },
  PLUGIN_FAILED: {
    meaning: "The plugin's own code failed.",
    fix: "Read the plugin's message; its log has the details.",
  },
  PLUGIN_PROTOCOL_ERROR: {
    outcome: 'REPLIED_INVALID',
    meaning: 'The plugin process sent an invalid message.',
    fix: 'Check the log; the client cannot fix this.',
  },
  PLUGIN_UNAVAILABLE: {
    outcome: 'NOT_SENT',
    meaning: 'The plugin is not running.',
    fix: 'Call again later; `plugmux doctor` shows why it is not running.',
  },
  PLUGIN_UNRESPONSIVE: {
    outcome: 'SENT_NO_REPLY',
    meaning: 'The plugin process stopped responding and was killed while the call was in flight; the tool may have run.',
    fix: 'Check what the tool did; the gateway restarts the plugin.',
    idleFix: 'Wait for its next restart; its last output is in the log.',
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
    meaning: 'The tool ran, but its result is invalid.',
    fix: 'Return plain data from the plugin; the client cannot fix this.',
  },
  RESULT_TOO_LARGE: {
    outcome: 'REPLIED_INVALID',
    meaning: 'The tool ran, but its result exceeds the size limit.',
    fix: 'Request less data, or raise "limits.resultBytes".',
  },
  SCHEMA_REFUSED: {
    meaning: 'The input schema of a tool cannot be served safely.',
    fix: "Correct the schema in the plugin; the plugin's other tools are served.",
  },
  SCHEMA_UNCHECKED: {
    meaning:
      'A tool is served, but its arguments are not checked, or only by a part of its input schema; or its output schema is served without the parts that clients cannot compile.',
    fix: 'No action needed: the tool receives what the client sends. Correct or simplify the schema to have it checked.',
  },
  SETTINGS_INVALID: {
    meaning: 'Values for the settings of a plugin are invalid, and none was stored.',
    fix: 'Correct the settings named in the message.',
  },
  STATE_STORE_UNAVAILABLE: {
    outcome: 'NOT_SENT',
    meaning: 'state.db cannot be read or written, so features that depend on it are unavailable.',
    fix: 'Make state.db in the state folder readable and writable, free disk space, or end the program that locks it.',
  },
  STORE_DAMAGED: {
    outcome: 'NOT_SENT',
    meaning: 'state.db in the state folder is damaged, so the gateway cannot determine which plugins are disabled.',
    fix: 'End the gateways on this state folder, then run `plugmux store repair`.',
  },
  STORE_NEWER: {
    outcome: 'NOT_SENT',
    meaning: 'state.db in the state folder was written by a newer plugmux in a form that this version cannot use.',
    fix: 'Install the version named in the message.',
  },
  TOOL_REFUSED: {
    meaning: 'A tool of a plugin cannot be served.',
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
    meaning: 'No tool with this name exists here.',
    fix: 'List the tools and use one of their names.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    meaning: 'The body is not JSON.',
    fix: 'Send Content-Type: application/json.',
  },
  UPSTREAM_LOST: {
    outcome: 'SENT_NO_REPLY',
    meaning:
      'The connection to an upstream server, or to a plugin that is still running, was lost while the call was in flight; the tool may have run.',
    fix: 'Check what the tool did; the gateway reconnects.',
    idleFix: 'Wait for the next reconnection; the log says how the connection ended.',
  },
} as const satisfies Record<string, CodeInfo>;

/** One of the permanent codes. */
export type ErrorCode = keyof typeof ERROR_CODES;
