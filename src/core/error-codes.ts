import type { CodeInfo } from './contract/call-outcome.ts';
import { CODES_N_TO_Z } from './error-codes-n-z.ts';

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
  ISSUER_UNAVAILABLE: {
    meaning: 'A token cannot be verified, because no keys of its issuer are known.',
    fix: 'Try again later; `plugmux doctor --auth` shows why the keys cannot be fetched.',
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
  ...CODES_N_TO_Z,
} as const satisfies Record<string, CodeInfo>;

/** One of the permanent codes. */
export type ErrorCode = keyof typeof ERROR_CODES;
