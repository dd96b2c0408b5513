import { join } from 'node:path';
import { folders } from '../../dist/adapters/folders/adapter.js';
import { mcpb } from '../../dist/adapters/mcpb/adapter.js';
import { skills } from '../../dist/adapters/skills/adapter.js';
import { writeFolder } from '../support/folders.ts';
import { writeZip } from '../support/zip.ts';
import { testSource } from './source.ts';

const SKILL = '---\nname: helps\ndescription: Helps.\n---\nHelp with $ARGUMENTS, as in notes.md.\n';
const SKILL_FILES = { 'skills/helps/SKILL.md': SKILL, 'skills/helps/notes.md': 'Notes – ü' };
const BUNDLE = {
  manifest_version: '0.4',
  name: 'it',
  version: '1',
  server: { type: 'node', entry_point: 'server.cjs', mcp_config: { command: 'node', args: ['${__dirname}/server.cjs'] } },
};

const schema = (file: string) => `https://agent-plugins.org/schemas/1.0.0/${file}.schema.json`;
const SOURCES: Readonly<Record<string, (code: string) => Readonly<Record<string, string | object>>>> = {
  claude: (code) => ({
    '.claude-plugin/plugin.json': { name: 'it' },
    '.mcp.json': { main: { command: 'node', args: ['${CLAUDE_PLUGIN_ROOT}/server.cjs'] } },
    'server.cjs': code,
    ...SKILL_FILES,
  }),
  gemini: (code) => ({
    'gemini-extension.json': { name: 'it', version: '1', mcpServers: { main: { command: 'node', args: ['${extensionPath}/server.cjs'] } } },
    'server.cjs': code,
    ...SKILL_FILES,
  }),
  'agent-plugin': (code) => ({
    'plugin.json': { $schema: schema('plugin'), name: 'it' },
    'mcp.json': { $schema: schema('mcp'), mcpServers: { main: { type: 'stdio', command: 'node', args: ['${PLUGIN_ROOT}/server.cjs'] } } },
    'server.cjs': code,
    ...SKILL_FILES,
  }),
};

for (const [format, files] of Object.entries(SOURCES))
  testSource({
    adapter: folders,
    format,
    write: (dir, code) => writeFolder(join(dir, 'plugin'), files(code)),
    server: 'it.main',
    skill: 'helps',
  });

testSource({
  adapter: mcpb,
  format: 'mcpb',
  write: (dir, code) =>
    writeZip(join(dir, 'it.mcpb'), [
      { name: 'manifest.json', content: JSON.stringify(BUNDLE) },
      { name: 'server.cjs', content: code },
    ]),
  server: 'it.server',
});

testSource({ adapter: skills, format: 'skills', write: (dir) => join(writeFolder(dir, SKILL_FILES), 'skills'), skill: 'helps' });
