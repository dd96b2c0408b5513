import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeConfig } from '../../../support/gateway.ts';

const text = { type: 'string' };
/** What must never be more than text. */
export const HOSTILE = '<img src=x onerror="alert(1)"></script><script>alert(2)</script>\u202egnp.exe';

const FUNCTIONS = [
  {
    name: 'fields',
    description: 'Returns its arguments.',
    parameters: {
      type: 'object',
      required: ['title'],
      properties: {
        title: { ...text, maxLength: 20 },
        body: text,
        mode: { enum: ['append', 'replace'], default: 'append' },
        count: { type: 'integer', minimum: 1, maximum: 9 },
        loud: { type: 'boolean' },
        tags: { type: 'array', items: text },
        place: { type: 'object', required: ['lat'], properties: { lat: { type: 'number' }, name: text } },
        when: { anyOf: [{ type: 'string' }, { type: 'integer' }] },
        map: { type: 'object', additionalProperties: true },
      },
    },
  },
  { name: 'wait', description: 'Waits.', parameters: { type: 'object', required: ['ms'], properties: { ms: { type: 'integer' } } } },
  { name: 'hostile', description: HOSTILE, parameters: { type: 'object', properties: {} } },
  { name: 'fail', description: 'Fails.', parameters: { type: 'object', properties: {} } },
  { name: 'settings', description: 'Returns what was set.', parameters: { type: 'object', properties: {} } },
];

const MANIFEST = {
  id: 'stage',
  name: 'Stage',
  description: 'Everything that the page must show.',
  version: '1.0.0',
  functions: FUNCTIONS,
  settings: [
    { name: 'greeting', label: 'Greeting', type: 'string', default: 'hello' },
    { name: 'most', label: 'At most', type: 'number', default: '5' },
    { name: 'folder', label: 'Folder', type: 'string', default: '' },
  ],
  credentials: [{ name: 'api_key', label: 'API key', required: false }],
};

const CODE = `
export const handlers = {
  fields: async (args) => args,
  wait: ({ ms }) => new Promise((resolve) => setTimeout(() => resolve('waited'), ms)),
  hostile: async () => ${JSON.stringify(HOSTILE)},
  fail: async () => { throw new Error('It failed as it should.'); },
  settings: async (_args, config) => ({ greeting: config.greeting, most: config.most, has_key: Boolean(config.api_key) }),
};
`;

/** A configuration with a plugin that has every kind of field, a hostile tool, settings and a secret. */
export function writeStage(dir: string, config: object = {}): string {
  const folder = join(dir, 'stage');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(MANIFEST));
  writeFileSync(join(folder, 'index.ts'), CODE);
  const { plugins = {}, ...rest } = config as { plugins?: object };
  return writeConfig(
    { plugins: { stage: { path: './stage', settings: { folder: './fixed' }, approval: 'allow' }, ...plugins }, ...rest },
    [],
    dir,
  );
}
