import { parse } from 'smol-toml';
import { asObject, isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { UsageError } from '../context.ts';

/** The servers in Codex' config.toml, by name, with the keys of `mcpServers` entries. Throws UsageError. */
export function serversInToml(file: string, text: string): [string, JsonValue][] {
  let root: JsonValue;
  try {
    root = JSON.parse(JSON.stringify(parse(text.replace(/^\ufeff/, '')))) as JsonValue;
  } catch (error) {
    const [first = 'it cannot be parsed'] = (error as Error).message.split('\n');
    throw new UsageError(`${file} is not valid TOML: ${first}.`, 'Correct it, or name another file with --from.');
  }
  return Object.entries(asObject(asObject(root).mcp_servers)).map(([name, server]) => [
    name,
    isJsonObject(server) ? toEntry(server) : server,
  ]);
}

const reference = (name: JsonValue): string => `\${env:${String(name)}}`;

function toEntry(server: JsonObject): JsonObject {
  const {
    bearer_token_env_var: token,
    http_headers: fixed,
    env_http_headers: fromEnv,
    env_vars: passed,
    enabled_tools: includeTools,
    disabled_tools: excludeTools,
    startup_timeout_sec: startSec,
    startup_timeout_ms: startMs,
    tool_timeout_sec: callSec,
    env,
    ...rest
  } = server;
  const named = Object.entries(asObject(fromEnv)).map(([header, name]) => [header, reference(name)] as const);
  const headers = { ...asObject(fixed), ...Object.fromEntries(named), ...(token ? { Authorization: `Bearer ${reference(token)}` } : {}) };
  const names = (Array.isArray(passed) ? passed : []).map((item) => (isJsonObject(item) ? (item.name ?? '') : item));
  const variables = { ...Object.fromEntries(names.map((name) => [String(name), reference(name)])), ...asObject(env) };
  const startTimeoutMs = typeof startSec === 'number' ? Math.round(startSec * 1000) : startMs;
  const limits = {
    ...(typeof startTimeoutMs === 'number' ? { startTimeoutMs } : {}),
    ...(typeof callSec === 'number' ? { callTimeoutMs: Math.round(callSec * 1000) } : {}),
  };
  return {
    ...rest,
    ...(Object.keys(variables).length > 0 ? { env: variables } : {}),
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
    ...(includeTools === undefined ? {} : { includeTools }),
    ...(excludeTools === undefined ? {} : { excludeTools }),
    ...(Object.keys(limits).length > 0 ? { limits } : {}),
  };
}
