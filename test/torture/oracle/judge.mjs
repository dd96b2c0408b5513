import { payload } from './oracle.mjs';

/** Error codes that are allowed while a plugin is killed, frozen, replaced or disabled. */
export const BROKEN = [
  'PLUGIN_CRASHED',
  'PLUGIN_UNAVAILABLE',
  'PLUGIN_UNRESPONSIVE',
  'PLUGIN_FAILED',
  'CALL_TIMEOUT',
  'UNKNOWN_TOOL',
  'BUSY',
];

/** Calls a tool and checks the reply: `text` is the expected one, `may` the allowed error codes. */
export async function call(client, name, args, { text, may = ['BUSY'], own = false, meta, id } = {}) {
  const params = { name, arguments: args, ...(meta ? { _meta: meta } : {}) };
  const reply = await client.request('tools/call', params, id);
  judge(client, name, reply, { text, may, own });
  return reply;
}

export function judge(client, name, reply, { text, may, own }) {
  const { oracle } = client;
  if (reply === undefined) return;
  const { error, result } = reply;
  const shown = JSON.stringify(reply).slice(0, 400);
  if (error !== undefined) return refused(oracle, client, name, error.data, may, shown);
  const failure = result._meta?.['plugmux/error'];
  if (failure !== undefined) return refused(oracle, client, name, failure, may, shown);
  if (result.isError) {
    if (!own) oracle.fail('O2', `${client.name}: ${name} failed: ${shown}`);
    return;
  }
  oracle.count('answers');
  const got = result.content?.[0]?.text;
  if (text !== undefined && got !== text)
    oracle.fail('O1', `${client.name}: ${name} gave ${JSON.stringify(got)?.slice(0, 100)}, not ${JSON.stringify(text).slice(0, 100)}`);
}

function refused(oracle, client, name, object, may, shown) {
  const code = oracle.errorCode(client.name, object, shown);
  oracle.count(code);
  if (!may.includes(code)) oracle.fail('O2', `${client.name}: ${name} was refused: ${shown}`);
}

let last = 0;

/** Echoes a payload that no other client may ever see. */
export function echo(client, tool, size, options = {}) {
  const message = payload(client.name, last++, size);
  return call(client, tool, { message }, { ...options, text: message });
}
