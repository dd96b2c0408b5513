import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { jaato } from '../../dist/adapters/jaato/adapter.js';
import { localCaller } from '../../dist/src/core/contract/caller.js';
import type { Answers, Questions } from '../../dist/src/core/contract/question.js';
import { Call, silentClient } from '../../dist/src/gateway/call/call.js';
import { openApp, type TestApp } from './app.ts';
import { tempFolder } from './temp.ts';

/** Writes files below a folder, and creates their folders. */
export function writeFiles(dir: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
}

/** The source of a plugin with the current contract: tools by name, each an expression over `args`. */
export function pluginText(name: string, tools: Readonly<Record<string, string>>, more = ''): string {
  const executors = Object.entries(tools).map(([tool, body]) => `            "${tool}": lambda args: ${body},`);
  return `import os


class Plugin:
    name = "${name}"

    def get_tool_schemas(self):
        return [{"name": tool, "description": tool} for tool in self.get_executors()]

    def get_executors(self):
        return {
${executors.join('\n')}
        }

    def reset_for_next_session(self):
        pass
${more}

def create_plugin():
    return Plugin()
`;
}

/** An installed distribution as pip creates it: a module, and metadata with its entry points. */
export function distribution(name: string, entryPoints: Readonly<Record<string, string>>, files: Readonly<Record<string, string>>) {
  const info = `${name.replaceAll('-', '_')}-1.0.dist-info`;
  const lines = Object.entries(entryPoints).map(([key, value]) => `${key} = ${value}`);
  return {
    ...files,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\nRequires-Dist: jaato (>=99)\n`,
    [`${info}/entry_points.txt`]: `[jaato.plugins]\n${lines.join('\n')}\n`,
  };
}

/** An app with jaato plugins, each loaded or failed. */
export async function openJaato(plugins: object, dir?: string, limits: object = {}): Promise<TestApp> {
  const app = await openApp([jaato], { plugins, limits: { restartMinMs: 50, stopGraceMs: 500, ...limits } }, dir);
  await app.instance.registry.whenListed(20_000);
  return app;
}

/** A project folder with files and an mcp.json for the plugins. */
export async function project(files: Readonly<Record<string, string>>, plugins: object, limits: object = {}): Promise<TestApp> {
  const dir = tempFolder();
  writeFiles(dir, files);
  return openJaato(plugins, dir, limits);
}

/** The status of a plugin. */
export const status = (app: TestApp, id: string) => app.instance.registry.plugins().find((p) => p.id === id);
/** The names of all tools. */
export const tools = (app: TestApp) => [...app.instance.registry.catalogue().tools.keys()];
/** The code of a failed call. */
export const code = (result: { meta?: Record<string, unknown> }) => (result.meta?.['plugmux/error'] as { code?: string } | undefined)?.code;

/** A call whose client answers forms, and the received questions. */
export function askable(
  app: TestApp,
  answer: (message: string) => string | undefined | Promise<string>,
  refusal: 'decline' | 'cancel' = 'decline',
): { call: Call; asked: string[] } {
  const asked: string[] = [];
  const ask = async (questions: Questions): Promise<Answers> =>
    Object.fromEntries(
      await Promise.all(
        Object.entries(questions).map(async ([key, question]) => {
          const message = question.kind === 'form' ? question.message : '';
          asked.push(message);
          const text = await answer(message);
          return [key, { action: text === undefined ? refusal : 'accept', content: { answer: text ?? '' } }];
        }),
      ),
    );
  return { call: new Call(localCaller(), { ...silentClient(app.instance.registry as never), answerableKinds: ['form'], ask }), asked };
}
