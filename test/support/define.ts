import { it, type TestOptions } from 'vitest';

type Body = () => Promise<void>;

/** The arguments after the title of a test in a shared suite: optional tags, and the test. */
export type TestParts = [body: Body] | [options: TestOptions, body: Body];

/** Defines a test of a shared suite. */
export function define(title: string, ...parts: TestParts): void {
  if (parts.length === 1) it(title, parts[0]);
  else it(title, parts[0], parts[1]);
}
