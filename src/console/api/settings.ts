import * as z from 'zod';
import { shortPlace } from '../../config/short-place.ts';
import type { JsonObject } from '../../core/json/json.ts';
import { type ConsoleRoute, route } from './route.ts';
import { pluginOf } from './shown/ask.ts';
import { toCause } from './shown/causes.ts';
import type { SettingRow, SettingsAnswer, SettingsSaved } from './types.ts';

const body = z.strictObject({
  revision: z.string().max(64),
  values: z.record(z.string(), z.json()),
  secrets: z.record(z.string(), z.union([z.string(), z.null()])),
});

/** The settings that a plugin declares. The gateway records each change by its keys. */
export const settingRoutes: readonly ConsoleRoute[] = [
  route('get', '/plugins/:id/settings', {
    scope: 'observe',
    async handle({ app }, { params }): Promise<SettingsAnswer | null> {
      const view = await app.settings.read(pluginOf(app, params.id ?? '').id);
      if (!view) return null;
      const short = (at: string): string => shortPlace(app.config(), at);
      return {
        ...(view as SettingsAnswer),
        settings: view.settings.map(({ at, ...row }) => ({ ...row, ...(at !== undefined && { at: short(at) }) }) as SettingRow),
        ...(view.closed !== undefined && { closed: short(view.closed) }),
      };
    },
  }),
  route('put', '/plugins/:id/settings', {
    scope: 'admin',
    body,
    async handle({ app }, { params, body: change, by }): Promise<SettingsSaved> {
      const { id } = pluginOf(app, params.id ?? '');
      const values = change.values as JsonObject;
      const { error, ...saved } = await app.settings.save(id, { ...change, values }, by);
      return { ...saved, ...(error && { why: toCause(error) }) };
    },
  }),
];
