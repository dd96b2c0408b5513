import type { CodeInfo } from './contract/call-outcome.ts';

/** The error codes from N to Z. */
export const CODES_N_TO_Z = {
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
  PLUGIN_STOPPED: {
    outcome: 'SENT_NO_REPLY',
    meaning: 'The gateway stopped the plugin while the call was in flight, because it was disabled or restarted; the tool may have run.',
    fix: 'Check what the tool did. If the plugin was restarted, the call can be made again; "limits.drainMs" sets how long calls may finish.',
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
    meaning: 'Too many calls of one principal, or too many failed logins from one address or with one token.',
    fix: 'Wait for the given time, then try again with a valid token.',
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
  SCOPE_MISSING: {
    outcome: 'NOT_SENT',
    meaning: 'The login lacks a scope that the request needs.',
    fix: 'Log in again with the scopes named in the message; whoever runs the authorization server, or "auth" in mcp.json, grants them.',
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
  TOOL_WITHHELD: {
    outcome: 'NOT_SENT',
    meaning: 'The tool differs from the lock file, or is not in it.',
    fix: 'The owner of the gateway can look at it with `plugmux lock --diff`, and accept it there with --accept or in the console.',
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
} as const satisfies Readonly<Record<string, CodeInfo>>;
