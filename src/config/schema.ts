import * as z from 'zod';
import type { Adapter } from '../core/contract/adapter.ts';
import { SCHEMA_FORMS } from '../core/contract/schema-form.ts';
import { asObject, type JsonObject } from '../core/json/json.ts';
import { parseProxy } from '../core/proxy.ts';
import { MAX_TIMER_MS } from '../core/timer.ts';
import { authSchema, toolScopes } from './auth/auth.ts';
import { eventsSchema } from './events.ts';
import { LIMITS, type LimitName } from './limits.ts';
import { parsePublic } from './listen.ts';
import { reloadMark } from './reload/reload-marks.ts';

// Compiled parsers pay off for repeated use only, and each schema is used a few times at start.
z.config({ jitless: true });

const ID = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;

const id = z.string().regex(ID, 'an id: letters, digits, "_", "-" and ".", at most 64 characters');
const milliseconds = z.int().min(1).max(86_400_000);

const decision = z.enum(['allow', 'ask', 'deny', 'inherit']);
const approval = z
  .union([decision, z.record(z.string(), decision)])
  .describe(
    'allow: no approval needed; ask: the user must approve; deny: hidden; inherit: as the plugin declares. Or a map by tool name (globs)',
  );

const schemas = z
  .enum(SCHEMA_FORMS)
  .describe('form of tool schemas: portable (accepted by every client), verbatim (as the plugin wrote them) or gemini');

const proxy = z
  .union([z.string(), z.boolean()])
  .refine(
    (value) => value === false || (value !== true && parseProxy(value) !== undefined),
    'false or the address of an HTTP proxy such as http://proxy.example.com:3128',
  )
  .transform((value) => value as string | false);

const pluginLimits = z
  .strictObject({
    callTimeoutMs: z.union([milliseconds, z.record(z.string(), milliseconds)]).optional(),
    startTimeoutMs: milliseconds.optional(),
    shutdownTimeoutMs: milliseconds.optional(),
    callsPerPlugin: z.int().min(1).optional(),
    concurrency: z.int().min(1).optional().describe('the same as callsPerPlugin'),
    initTimeoutMs: milliseconds.optional().describe('the same as startTimeoutMs'),
    resultChars: z.union([z.int().min(1), z.record(z.string(), z.int().min(1))]).optional(),
  })
  .describe('limits of this plugin; callTimeoutMs and resultChars are numbers or maps by tool name (globs)');

const limits = z.strictObject(
  Object.fromEntries(
    Object.entries(LIMITS).map(([name, info]) => [
      name,
      z
        .int()
        .min(1)
        .max(info.unit === 'ms' ? MAX_TIMER_MS : Number.MAX_SAFE_INTEGER)
        .optional()
        .describe(`${info.meaning} (${info.unit}; default ${info.value})`),
    ]),
  ) as Record<LimitName, z.ZodOptional<z.ZodInt>>,
);

const hint = z.boolean().optional();
const hints = z
  .record(z.string(), z.strictObject({ readOnly: hint, destructive: hint, idempotent: hint, openWorld: hint }))
  .describe('effects of tools, for clients: a map by tool name (globs). A tool that its plugin marks as destructive stays destructive');

// Keys of every plugin, including upstream servers.
const shared = {
  approval: approval.optional(),
  limits: pluginLimits.optional(),
  validate: z.enum(['on', 'off']).optional().describe('off: do not validate arguments against the schema'),
  names: z.record(z.string(), z.string()).optional().describe('public names of tools, by their own name'),
  hints: hints.optional(),
  schemas: schemas.optional(),
  results: z
    .enum(['as-is', 'clean'])
    .optional()
    .describe('clean: escape hidden characters in results and resources of the plugin. Default: as-is'),
  scope: toolScopes.optional(),
  fence: z.boolean().optional().describe('false: do not mark untrusted text for the model. Default: true'),
};

// Further keys of the entries of `plugins`.
const common = {
  path: z.string().optional().describe('folder or file of the plugin'),
  enabled: z.boolean().optional(),
  settings: z.record(z.string(), z.json()).optional(),
  credentials: z.record(z.string(), z.string()).optional(),
  console: z.enum(['open', 'fixed']).optional().describe('fixed: only this file sets the settings of the plugin. Default: open'),
  triggers: z
    .record(z.string(), z.record(z.string(), z.json()))
    .optional()
    .describe('what webhooks get of each trigger: its parameters, by its id'),
  isolation: z.enum(['process', 'none']).optional().describe('none: run trusted code inside the gateway. Default: process'),
  group: z.string().min(1).optional().describe('plugins with the same group share one process'),
  cwd: z.string().optional().describe('working folder; default: the folder of this file'),
  env: z.record(z.string(), z.string()).optional().describe('environment of the plugin process'),
};

/** The keys of a plugin that are the same for every format. */
export const COMMON_KEYS: ReadonlySet<string> = new Set(['format', 'servers', ...Object.keys(common), ...Object.keys(shared)]);

/** The keys that every plugin may have, including entries of `mcpServers`. */
export const SHARED_KEYS = Object.keys(shared) as readonly (keyof typeof shared)[];

const serverEntry = z
  .looseObject({
    command: z
      .union([z.string(), z.array(z.string())])
      .optional()
      .describe('program of a stdio server'),
    args: z.array(z.union([z.string(), z.number(), z.boolean()])).optional(),
    env: z.record(z.string(), z.unknown()).optional().describe('environment of the program'),
    timeout: z
      .unknown()
      .refine((value) => typeof value !== 'number' || value <= MAX_TIMER_MS, `at most ${MAX_TIMER_MS}`)
      .optional()
      .describe('time limit of a call, in milliseconds from 1000 on, below that in seconds'),
    envFile: z.string().optional().describe('file with further variables, one NAME=value per line; env takes precedence'),
    cwd: z.string().optional().describe('working folder; default: the folder of this file'),
    type: z.string().optional().describe('stdio, http, sse or ws, if it does not follow from the address'),
    url: z.string().optional().describe('address of a remote server'),
    headers: z.record(z.string(), z.unknown()).optional().describe('HTTP headers of every request'),
    proxy: proxy.optional().describe('HTTP proxy for this server and its login; overrides the environment; false: none'),
    enabled: z.boolean().optional(),
    disabled: z.boolean().optional(),
    ...shared,
  })
  .describe('an upstream MCP server; the key is its id');

/** The entries of `mcpServers` and `servers`. */
export const serverMap = z.record(z.string().regex(/^.{1,128}$/s, 'one to 128 characters'), serverEntry);

function pluginEntry(adapters: readonly Adapter[]) {
  const kinds = adapters.flatMap((a) => a.formats ?? [a.kind]);
  const own = Object.assign({}, ...adapters.map((a) => a.options)) as Record<string, z.ZodType>;
  return z
    .strictObject({
      format: z
        .enum(kinds as [string, ...string[]])
        .optional()
        .describe('the plugin format, if it cannot be detected'),
      ...common,
      ...shared,
      servers: z
        .record(z.string(), serverEntry)
        .optional()
        .describe("changes to the MCP servers that the plugin brings, by their name: keys of an mcpServers entry, over the plugin's own"),
      ...own,
    })
    .describe('one plugin; the key is its id');
}

const profile = z
  .strictObject({
    plugins: z.array(z.string()).optional().describe('plugins that exist in this profile; default: all'),
    tools: z.array(z.string()).optional().describe('tool names, globs or labels; "!" excludes'),
    prompts: z.array(z.string()).optional().describe('prompt names or globs; "!" excludes'),
    skills: z.array(z.string()).optional().describe('names of skills, <plugin>/<skill>, or globs; "!" excludes'),
    hooks: z.array(z.string()).optional().describe('plugins whose hooks, filters and injectors run in this profile; default: all it has'),
    approval: approval.optional(),
    schemas: schemas.optional(),
    mode: z
      .enum(['list', 'search'])
      .optional()
      .describe('search: clients see only the tools find_tools and call_tool; for large catalogues. Default: list'),
    network: z
      .strictObject({
        allow: z.array(z.string()).optional().describe('hosts that plugins may reach: exact, "*.suffix" or "*"'),
        deny: z.array(z.string()).optional(),
        allow_private_urls: z.boolean().optional().describe('also addresses of this machine and of private networks'),
      })
      .optional()
      .describe('network access of plugins that use the network through the gateway'),
    fs: z
      .strictObject({
        read: z.array(z.string()).optional().describe('files and folders that plugins may read'),
        write: z.array(z.string()).optional().describe('files and folders that plugins may write'),
        workdir: z.string().optional(),
      })
      .optional()
      .describe('file access of plugins that use files through the gateway'),
  })
  .describe('a named selection of tools and prompts, with limits on network and file access');

/** The schema of mcp.json for a set of adapters. */
export function createConfigSchema(adapters: readonly Adapter[]) {
  return z
    .strictObject({
      $schema: z.string().optional(),
      pluginFolders: z.array(z.string()).optional().describe('folders whose direct subfolders are plugins'),
      plugins: z.record(id, pluginEntry(adapters)).optional(),
      mcpServers: serverMap.optional().describe('upstream MCP servers, as in the files of other clients'),
      servers: serverMap.optional().describe('the same as mcpServers, for files of VS Code'),
      inputs: z
        .array(z.unknown())
        .optional()
        .describe('inputs that VS Code prompts for; plugmux reads the value from PLUGMUX_INPUT_<NAME>'),
      profiles: z.record(id, profile).optional(),
      listen: z
        .strictObject({
          http: z.string().optional().describe('address and port; default 127.0.0.1:8808'),
          hosts: z.array(z.string()).optional().describe('further host names that clients may use'),
          origins: z.array(z.string()).optional().describe('web origins that may use the gateway'),
          proxies: z
            .array(z.string())
            .optional()
            .describe('addresses or networks of trusted reverse proxies: their X-Forwarded-For names the client'),
          public: z
            .string()
            .refine((value) => parsePublic(value) !== undefined, 'an address such as https://gw.example.com, perhaps with a path')
            .optional()
            .describe('the address at which others reach the gateway, such as that of a TLS proxy'),
          tls: z
            .strictObject({ cert: z.string().describe('PEM file: the certificate, then those between it and the root'), key: z.string() })
            .optional()
            .describe('serve HTTPS; both files are read again when they change'),
          insecure: z.boolean().optional().describe('allow plain HTTP on other addresses than loopback, such as behind a TLS proxy'),
        })
        .optional(),
      proxy: proxy.optional().describe('HTTP proxy for outgoing requests in place of HTTP_PROXY and HTTPS_PROXY; false: none'),
      auth: authSchema(id).optional(),
      limits: limits.optional(),
      audit: z
        .strictObject({
          required: z.boolean().optional().describe('reject calls while the audit log cannot be written'),
          arguments: z.boolean().optional().describe('record arguments in plain text, not only their digest'),
        })
        .optional(),
      events: eventsSchema.optional(),
      metrics: z
        .strictObject({
          tools: z.boolean().optional().describe('label figures with the tool, too'),
          traces: z.boolean().optional().describe('trace calls with the OpenTelemetry SDK that the gateway is started with'),
          open: z.boolean().optional().describe('without tokens, let every local program read /metrics'),
        })
        .optional(),
      console: z
        .boolean()
        .optional()
        .describe('the console for operators at / and its API; default: only if the gateway listens on loopback'),
      state: z.string().optional().describe("folder of the gateway's data; default .plugmux"),
      oneGateway: z
        .boolean()
        .optional()
        .describe('whether `plugmux stdio` starts one gateway in the background for all windows; default false'),
    })
    .describe('plugmux configuration');
}

/** The JSON Schema of mcp.json, for editors. */
export function toEditorSchema(adapters: readonly Adapter[]): object {
  const schema = z.toJSONSchema(createConfigSchema(adapters), { io: 'input' });
  markKeys(schema as JsonObject, []);
  return schema;
}

// `x-reload` lets editors show which keys need a restart.
function markKeys({ properties }: JsonObject, path: readonly string[]): void {
  for (const [key, property] of Object.entries(asObject(properties))) {
    const own = [...path, key];
    const mark = reloadMark(own);
    if (mark) (property as JsonObject)['x-reload'] = mark;
    else markKeys(property as JsonObject, own);
  }
}

/** The content of mcp.json after validation. */
export type ConfigFile = z.infer<ReturnType<typeof createConfigSchema>>;

/** One profile of mcp.json. */
export type ProfileFile = z.infer<typeof profile>;

/** The value of `approval`: a decision, or a map of decisions by tool name. */
export type ApprovalRule = z.infer<typeof approval>;
