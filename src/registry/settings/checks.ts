import type { JsonValue } from '../../core/json/json.ts';
import { vetSchema } from '../offer/vet.ts';
import { createValidatorSet, UNCHECKED } from '../validators.ts';
import type { SettingsSchema } from './schema.ts';

const MAX_BYTES = 1024 * 1024;

/** Checks the value of one setting; returns what is wrong with it. */
export type SettingCheck = (key: string, value: JsonValue) => string | undefined;

/** A check by the declared schema. Values of a schema that cannot be checked count as valid. */
export function createSettingCheck({ schema, settings }: SettingsSchema): SettingCheck {
  // Other keywords of the root concern several settings at once, or forbid a plugin that is not set up yet.
  const { $schema, $defs, definitions, properties } = schema;
  const given = Object.entries({ $schema, $defs, definitions, properties }).filter(([, value]) => value !== undefined);
  const vetted = vetSchema({ ...Object.fromEntries(given), type: 'object' }, MAX_BYTES);
  const checker = vetted.refused === undefined ? createValidatorSet().compile(vetted.schema, vetted.dialect, 'it') : UNCHECKED;
  return (key, value) => (settings.has(key) ? checker.validate({ [key]: value }) : `there is no setting "${key}"`);
}
