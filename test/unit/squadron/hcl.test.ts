import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { convertProject } from '../../../adapters/squadron/convert.ts';
import { type Declarations, readDeclarations } from '../../../adapters/squadron/hcl/declarations.ts';
import { readProject } from '../../../adapters/squadron/hcl/project.ts';
import { secretValues } from '../../../adapters/squadron/hcl/scope.ts';
import { tempFolder } from '../../support/temp.ts';

function project(files: Readonly<Record<string, string>>): string {
  const dir = tempFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  return dir;
}

const declare = (files: Readonly<Record<string, string>>, vars: Record<string, string> = {}): Declarations =>
  readDeclarations(readProject(project(files)), vars);
const settingsOf = (text: string, vars: Record<string, string> = {}) => {
  const [plugin] = declare(
    { 'a.hcl': `variable "v" { default = "preset" }\nvariable "w" {}\nplugin "p" {\n version = "local"\n${text}\n}` },
    vars,
  ).plugins;
  if (!plugin || 'error' in plugin) throw plugin?.error ?? new Error('nothing');
  return plugin.settings;
};

describe('.hcl files', () => {
  it('mark given values as secret', { tags: ['T24'] }, () => {
    const text = 'variable "key" { secret = true }\nvariable "mode" { default = "x" }\nvariable "toString" { secret = true }';
    expect(secretValues(readProject(project({ 'main.hcl': text })), { key: 'one', mode: 'plain' })).toEqual(['one']);
  });

  it('declare plugins with settings in both forms', () => {
    expect(settingsOf('settings {\n a = "x"\n b = true\n}')).toEqual({ a: 'x', b: 'true' });
    expect(settingsOf('settings = { a = "x", "b": false\n c = 1 }')).toEqual({ a: 'x', b: 'false', c: '1' });
    expect(settingsOf('settings { one = "line" }')).toEqual({ one: 'line' });
    expect(settingsOf('')).toEqual({});
  });

  it('keep every digit of a number', () => {
    const numbers = '8080 1.5 12345678901 1.50 -3 1e3 2.5E-3 12345678901234567890.5 0.10';
    const text = numbers
      .split(' ')
      .map((n, i) => `n${i} = ${n}`)
      .join('\n');
    expect(Object.values(settingsOf(`settings {\n${text}\n}`))).toEqual(
      '8080 1.5 12345678901 1.5 -3 1000 0.0025 12345678901234567890.5 0.1'.split(' '),
    );
  });

  it('resolve variables: given, then default, then empty', () => {
    const text = 'settings {\n a = vars.v\n b = "<${vars.v}>"\n c = "${vars.w}."\n d = "$${vars.v} %%{x}"\n}';
    expect(settingsOf(text)).toEqual({ a: 'preset', b: '<preset>', c: '.', d: '${vars.v} %{x}' });
    expect(settingsOf(text, { v: 'given', w: 'w' })).toMatchObject({ a: 'given', b: '<given>', c: 'w.' });
    expect(settingsOf('settings { x = vars.vault_only }', { vault_only: 'v' })).toEqual({ x: 'v' });
  });

  it('support heredocs, escapes and every kind of comment', () => {
    const text = [
      '# one',
      '// two { "',
      '/* three',
      '   } */',
      'settings { # four',
      '  json = <<EOT',
      '{"a": "${vars.v}", "b": 1}',
      '  kept',
      'EOT',
      '  cut = <<-END',
      '      first',
      '        second ${vars.v}',
      '      END',
      '  escaped = "a\\tb\\n\\"c\\" \\u00e9 \\\\" // five',
      '}',
    ].join('\n');
    expect(settingsOf(text)).toEqual({
      json: '{"a": "preset", "b": 1}\n  kept\n',
      cut: 'first\n  second preset\n',
      escaped: 'a\tb\n"c" é \\',
    });
    expect(settingsOf(text.replaceAll('\n', '\r\n'))).toMatchObject({ cut: 'first\n  second preset\n' });
  });

  it('support directives and trimming with "~"', () => {
    const text = `settings {
      a = "%{ if vars.v == "preset" }yes%{ else }no \${vars.gone}%{ endif }!"
      b = "%{ if false }\${vars.gone}%{ endif }-"
      c = "%{ for x in ["p", "q"] }\${x},%{ endfor }"
      d = "%{ for i, x in [{ n = "p" }, { n = "q" }] }%{ if i == "1" }\${x.n}%{ endif }%{ endfor }"
      e = <<-EOT
        key: \${vars.v}
        other:
          deep: \${vars.v}
        last
      EOT
      f = <<-EOT
        a
          \${~ vars.v ~}
        b
        %{~ for x in ["p", "q"] ~}
        - \${x}
        %{~ endfor ~}
        end
      EOT
    }`;
    expect(settingsOf(text)).toEqual({
      a: 'yes!',
      b: '-',
      c: 'p,q,',
      d: 'q',
      e: 'key: preset\nother:\n  deep: preset\nlast\n',
      f: 'a\npresetb\n- p\n- q\nend\n',
    });
    for (const [value, why] of [
      ['%{ if true }x', '"%{ endif }" is missing'],
      ['%{ while true }x', 'is unknown'],
      ['%{ for x of [] }x%{ endfor }', 'requires "x in list"'],
      ['%{ for x in "y" }x%{ endfor }', 'expected a list or an object'],
    ])
      expect(() => settingsOf(`settings { x = "${value}" }`)).toThrow(why);
  });

  it('evaluate operators and conditions', () => {
    const text = `settings {
      a = vars.v == "preset" ? "yes" : "no"
      b = 1 + 2 * 3 - (4 - 1) % 2
      c = !true || 2 >= 1 && "\${vars.v}x" != "presetx"
      d = -(2 + 3)
      e = (
        vars.v == "x"
        ? 1
        : vars.v == "preset" ? 2 : 3
      )
      f = "\${~ vars.v ~}."
      g = vars["v"]
    }`;
    expect(settingsOf(text)).toEqual({ a: 'yes', b: '6', c: 'false', d: '-5', e: '2', f: 'preset.', g: 'preset' });
    for (const [expression, why] of [
      ['1 / 0', 'is not a number'],
      ['vars.v[0]', 'unknown member 0'],
      ['vars["v" 1]', 'expected "]"'],
      ['1 + "x"', 'expected a number'],
      ['1 ? 2 : 3', 'expected true or false'],
      ['true ? 1', 'expected ":"'],
    ]) {
      expect(() => settingsOf(`settings { x = ${expression} }`)).toThrow(why);
    }
  });

  it('ignore other blocks with any contents', () => {
    const declared = declare({
      'a.hcl': `agent "x" {
        tools = [plugins.p.all, builtins.http.get]
        model = a.b["c"] ? 1 : foo(1, [for x in y : x...]) && !z
        text = <<-EOT
          %{ for x in y ~}
          \${x}
          %{ endfor }
        EOT
        prompt = "\${ x == "}" ? "{" : "}" }"
      }
      plugin "p" { version = "v1.2.3", }`.replace(', }', ' }'),
      'deep/er/b.hcl': 'plugin "q" { version = "local"\n future = complex(a ? b : c)\n source = "./x" }\n',
      'c.txt': 'plugin "not" {',
    });
    expect(declared.plugins.map(({ name }) => name)).toEqual(['p', 'q']);
    expect(declared.skipped).toEqual(['agent']);
    expect(declared.plugins[1]).toMatchObject({ source: './x', folder: expect.stringMatching(/deep.er$/) });
  });

  it('report file, line and column of a fault, which affects only its block', () => {
    const faults = (text: string): string[] =>
      declare({ 'main.hcl': text }).plugins.flatMap((p) => ('error' in p ? [p.error.message] : [`${p.name} is fine`]));
    expect(faults('plugin "a" { version = "local"\n settings = { x = [1] } }\nplugin "b" { version = "local" }')).toEqual([
      'main.hcl:2:2: the setting "x" is a list or an object; settings must be strings, numbers or booleans.',
      'b is fine',
    ]);
    expect(faults('plugin "a" { version = "local"\n settings {\n  nested { y = 1 }\n } }')[0]).toMatch(
      /^main\.hcl:3:3: settings contain a block "nested"/,
    );
    expect(faults('plugin "a" { version = vars.nobody }')[0]).toMatch(/main\.hcl:1:24: the variable "nobody" is neither declared/);
    expect(faults('plugin "a" { source = "./x" }')[0]).toMatch(/has no version/);
    expect(faults('plugin "a" { version = "local" }\nplugin "a" { version = "local" }')[1]).toMatch(/duplicate plugin "a"/);
    expect(faults('plugin "a" { version = vars[0] }')[0]).toMatch(/main\.hcl:1:24: "vars" is unknown/);
    expect(faults('plugin "a" { version = 1[0] }')[0]).toMatch(/main\.hcl:1:25: "\[" is not supported/);
    expect(faults('plugin "a" { version = "%{ while true }1%{ done }" }')[0]).toMatch(/the directive "%\{ while \}" is unknown/);
    expect(() => declare({ 'main.hcl': 'plugin "a" {\n version = "never closed\n}' })).toThrow('main.hcl:2:12: unterminated string');
    expect(() => declare({ 'main.hcl': 'plugin "a" {\n' })).toThrow(/main\.hcl:2:1: unexpected end of file/);
    expect(() => declare({ 'main.hcl': 'plugin "a" { v = "${" }' })).toThrow(/unterminated string/);
  });

  it('load texts inside the project', () => {
    const files = { 'notes/a.md': 'from a file', 'x.hcl': 'plugin "p" { version = "local"\n settings { t = load("./notes/a.md") } }' };
    expect(declare(files).plugins[0]).toMatchObject({ settings: { t: 'from a file' } });
    const outside = { 'x.hcl': 'plugin "p" { version = "local"\n settings { t = load("../a.md") } }' };
    expect(declare(outside).plugins[0]).toMatchObject({ error: { message: expect.stringContaining('escapes the project root') } });
  });

  it('are converted to a configuration', async () => {
    const dir = project({
      'main.hcl': `variable "key" { secret = true }
        variable "mode" { default = "fast" }
        plugin "a" { source = "@/src/a"
          version = "local"
          settings { key = vars.key
            mode = vars.mode } }
        plugin "b" { source = "github.com/o/r"
          version = "v1.0.0" }
        plugin "c" { version = "local" }
        mcp "m" { command = "npx"
          args = ["-y", "server"]
          env = { K = vars.key } }
        mcp "n" { url = "https://example.test/mcp"
          headers { "x-k" = "v" } }
        mcp "o" { source = "npm:thing"
          version = "1.0.0" }
        mcp "p" { url = "https://example.test/mcp"
          client_id = "abc"
          client_secret = "s3cret" }
        plugin "http" { version = "local" }
        plugin "d" { source = "/abs"
          version = "local" }
        agent "x" {}`.replace('headers { "x-k" = "v" }', 'headers = { "x-k" = "v" }'),
    });
    const { config, notes } = await convertProject(dir);
    expect(config).toEqual({
      plugins: {
        a: { format: 'squadron', source: './src/a', version: 'local', settings: { key: '${env:KEY}', mode: 'fast' } },
        b: { format: 'squadron', source: 'github.com/o/r', version: 'v1.0.0' },
        c: { format: 'squadron', version: 'local' },
      },
      mcpServers: {
        m: { command: 'npx', args: ['-y', 'server'], env: { K: '${env:KEY}' } },
        n: { url: 'https://example.test/mcp', headers: { 'x-k': 'v' } },
        p: { url: 'https://example.test/mcp', oauth: { clientId: 'abc' } },
      },
    });
    expect(notes.join('\n')).toMatch(
      /"http"[\s\S]*"d" is left out: .*absolute[\s\S]*mcp "o" is left out[\s\S]*client_secret[\s\S]*KEY[\s\S]*agent/,
    );
    expect(notes.join('\n')).not.toContain('s3cret');
    // In another folder's file the source has another relative path, or none that is allowed.
    const above = await convertProject(dir, dirname(dir));
    expect(above.config.plugins).toMatchObject({ a: { source: `./${basename(dir)}/src/a` } });
    const beside = await convertProject(dir, join(dir, 'beside'));
    expect(Object.keys(beside.config.plugins as object)).toEqual(['b', 'c']);
    expect(beside.notes[0]).toMatch(/plugin "a" is left out: .* escapes/);
  });
});
