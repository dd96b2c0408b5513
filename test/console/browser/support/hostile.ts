import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeConfig } from '../../../support/gateway.ts';

const SERVER = fileURLToPath(new URL('hostile-server.mjs', import.meta.url));

/** What must never be more than text: elements, an end of a script, a link that runs, an override, zero width, one long word. */
export const EVIL = `<img src=x onerror="alert(1)"></script><script>alert(2)</script><a href="javascript:alert(3)">\u202egnp.exe\u200b\u2066 שלום 12 ${'W'.repeat(260)}`;

/** The same with direction marks and a filler, which the gateway lets pass where a value must stay exact. */
export const MARKED = EVIL.replace('\u202e', '\u200f').replace('\u200b', '\u3164').replace('\u2066', '\u061c');

/** Configures a Talos plugin and a server that say it everywhere, and a plugin that fails with it. */
export function writeHostile(dir: string): string {
  const plugin = (folder: string, manifest: object, code: string) => {
    mkdirSync(join(dir, folder), { recursive: true });
    writeFileSync(join(dir, folder, 'manifest.json'), JSON.stringify({ version: EVIL, description: EVIL, ...manifest }));
    writeFileSync(join(dir, folder, 'index.ts'), code);
  };
  const field = { type: 'string', title: EVIL, description: EVIL, default: MARKED, enum: [MARKED, `other ${MARKED}`] };
  plugin(
    'evil',
    {
      id: 'evil',
      name: EVIL,
      functions: [
        {
          name: 'speak',
          description: EVIL,
          parameters: {
            type: 'object',
            properties: {
              text: { type: 'string', description: EVIL, default: MARKED },
              code: { type: 'string', description: EVIL, pattern: MARKED },
              choice: field,
              list: { type: 'array', title: EVIL, items: { type: 'string', title: EVIL } },
              union: { anyOf: [{ type: 'string', title: EVIL }, { const: MARKED }], title: EVIL },
            },
          },
        },
      ],
      settings: [
        { name: 'greeting', label: EVIL, description: EVIL, type: 'string', default: EVIL },
        { name: 'mode', label: EVIL, description: EVIL, type: 'select', options: [{ label: EVIL, value: EVIL }], default: EVIL },
        { name: 'folder', label: EVIL, description: EVIL, type: 'string' },
      ],
      credentials: [{ name: 'key', label: EVIL, description: EVIL, required: false }],
      triggers: [{ id: 'when', name: EVIL, description: EVIL }],
    },
    `const said = ${JSON.stringify(EVIL)};
    export const handlers = { speak: async () => { console.log(said); console.error(said); throw new Error(said); } };`,
  );
  plugin('broken', { id: 'broken', name: EVIL, functions: [] }, `throw new Error(${JSON.stringify(EVIL)});`);
  writeFileSync(join(dir, 'words.json'), JSON.stringify(EVIL));
  return writeConfig(
    {
      plugins: {
        evil: { path: './evil', settings: { folder: EVIL } },
        broken: { path: './broken' },
      },
      mcpServers: {
        said: { command: process.execPath, args: [SERVER, join(dir, 'words.json')], approval: { erase: 'ask', '*': 'allow' } },
      },
      profiles: { reader: { approval: { [EVIL.slice(0, 60)]: 'ask' } } },
      audit: { arguments: true },
    },
    [],
    dir,
  );
}
