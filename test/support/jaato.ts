import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Writes files below a folder, each with its own folders. */
export function writeFiles(dir: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
}

/** The text of a plugin of today's contract: tools by name, each an expression in `args`. */
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

/** An installed distribution as pip leaves it: a module, and metadata that names its entry points. */
export function distribution(name: string, entryPoints: Readonly<Record<string, string>>, files: Readonly<Record<string, string>>) {
  const info = `${name.replaceAll('-', '_')}-1.0.dist-info`;
  const lines = Object.entries(entryPoints).map(([key, value]) => `${key} = ${value}`);
  return {
    ...files,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\nRequires-Dist: jaato (>=99)\n`,
    [`${info}/entry_points.txt`]: `[jaato.plugins]\n${lines.join('\n')}\n`,
  };
}
