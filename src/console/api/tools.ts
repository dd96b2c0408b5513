import * as z from 'zod';
import { DEFAULT_PROFILE } from '../../core/contract/caller.ts';
import { GatewayError } from '../../core/errors.ts';
import type { ToolEntry } from '../../registry/catalogue/catalogue.ts';
import type { ConsoleApp } from '../parts.ts';
import { toGrant } from './grants.ts';
import { type ConsoleRoute, route } from './route.ts';
import { callerOf } from './shown/ask.ts';
import { toCallLine } from './shown/call-lines.ts';
import { toForms, toToolRow } from './shown/tool-rows.ts';
import { unknownName } from './shown/unknown.ts';
import type { ToolDetails, ToolList, ToolRow } from './tool-types.ts';
import type { JsonMap } from './types.ts';

const text = z.string().max(256).optional();
const HISTORY = 50;

/** The tools of a profile, with the switches of each. */
export const toolRoutes: readonly ConsoleRoute[] = [
  route('get', '/tools', {
    scope: 'observe',
    query: { profile: text, plugin: text, q: text },
    handle({ app }, { query, by }): ToolList {
      const { profile } = callerOf(app, by.principal, query.profile);
      const part = query.q?.toLowerCase() ?? '';
      const { tools, withheld } = app.registry.catalogue();
      const entries = [...tools.values(), ...[...withheld.values()].map(({ entry }) => entry)];
      const rows = entries.flatMap((entry) => toToolRow(app, entry, profile) ?? []);
      const items = rows.filter(
        ({ name, plugin, title = '', description }) =>
          (query.plugin === undefined || plugin === query.plugin) &&
          [name, title, description].some((value) => value.toLowerCase().includes(part)),
      );
      const plugins = app.registry.plugins();
      return {
        items,
        withheld: plugins.reduce((sum, { quarantined }) => sum + quarantined.length, withheld.size),
        off: rows.filter(({ on }) => !on).length,
        needsSettings: plugins.filter(({ state }) => state === 'needs-config').length,
      };
    },
  }),
  route('get', '/tools/:name', {
    scope: 'observe',
    query: { profile: text },
    handle({ app }, { params, query, by }): ToolDetails {
      const { profile } = callerOf(app, by.principal, query.profile);
      const entry = entryOf(app, params.name ?? '');
      const { id } = entry.plugin;
      const own = entry.tool.name;
      const history = app.gateway.stats.recent.list(
        ({ plugin, tool }) => plugin === id && tool === entry.name,
        Number.POSITIVE_INFINITY,
        HISTORY,
      );
      return {
        ...rowOf(app, entry, profile),
        description: entry.description,
        forms: toForms(entry),
        ...(entry.output ? { output: entry.output as JsonMap } : {}),
        grants: app.grants
          .list()
          .filter(({ plugin, tool }) => plugin === id && tool === own)
          .map(toGrant),
        history: history.map(toCallLine),
      };
    },
  }),
  route('put', '/tools/:name', {
    scope: 'admin',
    body: z.strictObject({ profile: z.string().max(256), on: z.boolean() }),
    async handle({ app }, { params, body, by }): Promise<ToolRow> {
      const entry = entryOf(app, params.name ?? '');
      await app.switches.set(body.profile, entry.name, body.on, by);
      return rowOf(app, entry, body.profile);
    },
  }),
];

function entryOf({ registry }: ConsoleApp, name: string): ToolEntry {
  const { tools, withheld } = registry.catalogue();
  const entry = tools.get(name) ?? withheld.get(name)?.entry;
  if (!entry) throw unknownName('tool', name, [...tools.keys(), ...withheld.keys()]);
  return entry;
}

function rowOf(app: ConsoleApp, entry: ToolEntry, profile: string = DEFAULT_PROFILE): ToolRow {
  const row = toToolRow(app, entry, profile);
  if (!row)
    throw new GatewayError('NOT_FOUND', `mcp.json leaves the tool "${entry.name}" out of the profile "${profile}".`, {
      fix: `Change "profiles" or "approval" in mcp.json.`,
    });
  return row;
}
