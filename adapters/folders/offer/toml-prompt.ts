import { parse } from 'smol-toml';
import type { Problem } from '../../../src/core/contract/plugin.ts';
import type { Prompt } from '../../../src/core/contract/prompt.ts';
import { textOf } from '../dialects/texts.ts';
import { type Folder, shown } from '../folder.ts';
import type { TextFile } from '../format.ts';
import { lineOf, readText } from '../read/json-file.ts';
import { includedFile, toResult } from './prompt-text.ts';

const ARGS = '{{args}}';
const SHELL = /!\{/;
const FILE = /@\{([^{}\n]+)\}/g;

/** The prompt of a command of a Gemini extension; undefined, with a problem, if its file cannot be used. */
export function tomlPrompt(one: TextFile, folder: Folder, id: string, problems: Problem[]): Prompt | undefined {
  const { name, file = '' } = one;
  const place = shown(folder, file);
  let read: ReturnType<typeof readCommand>;
  try {
    read = readCommand(file, folder);
  } catch (error) {
    problems.push({
      code: 'MANIFEST_INVALID',
      subject: place,
      message: `${place}: the command is left out: ${(error as Error).message.split('\n')[0]}`,
    });
    return undefined;
  }
  const { description, raw } = read;
  const shell = SHELL.exec(raw);
  if (shell)
    problems.push({
      subject: `${place}:${lineOf(raw, shell.index)}`,
      message: 'The command runs shell text at its own host. Here it stays text: the client must run it.',
    });
  return {
    name: `${id}_${name}`,
    title: `${id}: ${name}`,
    ...(description === undefined ? {} : { description }),
    arguments: [{ name: 'args', description: 'What is typed after the command.' }],
    async get(given) {
      const { prompt } = readCommand(file, folder);
      const notes = SHELL.test(prompt) ? ['commands in !{…} were not run.'] : [];
      const files: string[] = [];
      // Before the arguments are filled in: they never name a file.
      for (const [, path = ''] of prompt.matchAll(FILE)) {
        const found = includedFile(path.trim(), folder, files.length);
        if ('file' in found) files.push(found.file);
        else notes.push(found.note);
      }
      const typed = given.args ?? '';
      const hasPlace = prompt.includes(ARGS);
      const text = hasPlace ? prompt.split(ARGS).join(typed) : typed.trim() === '' ? prompt : `${prompt}\n\n/${name} ${typed}`;
      return toResult({ text, files, notes }, folder, id, description);
    },
  };
}

function readCommand(file: string, { root }: Folder) {
  const raw = readText(root, file).replace(/^\ufeff/, '');
  const { prompt, description } = parse(raw);
  if (typeof prompt !== 'string') throw new Error('"prompt" is not a text.');
  return { raw, prompt, description: textOf(description) };
}
