/** A tool's result. */
export type Result = Record<string, unknown> & { readonly ok: boolean };

/** A tool defined by a test. */
export interface TestTool {
  readonly name: string;
  readonly description?: string;
  readonly schema?: object;
  readonly [more: string]: unknown;
  execute(args: object, ctx: object): Promise<object>;
}

/** The tools of a test loop. */
export interface Tools {
  register(tool: TestTool): void;
  unregister(name: string): void;
  get(name: string): TestTool | undefined;
  definitions(): readonly object[];
  execute(name: string, args: object, ctx: object): Promise<Result>;
}

/** Creates a tool registry from a list, or returns an existing one. */
export function createTools(given: Tools | readonly TestTool[] = []): Tools {
  if ('execute' in given) return given;
  const tools = new Map(given.map((tool) => [tool.name, tool]));
  return {
    register: (tool) => void tools.set(tool.name, tool),
    unregister: (name) => void tools.delete(name),
    get: (name) => tools.get(name),
    definitions: () => [...tools.values()].map(({ name, description, schema }) => ({ name, description, parameters: schema })),
    async execute(name, args, ctx) {
      const tool = tools.get(name);
      if (!tool) return { ok: false, error: `Unknown tool: ${name}`, code: 'not_available' };
      try {
        const context = { platform: 'test', currentTurn: 1, messageCount: 1, resultBudgetChars: 80_000, workingDir: '.', ...ctx };
        return (await tool.execute(args, { ...context, abortSignal: new AbortController().signal })) as Result;
      } catch (error) {
        return { ok: false, error: error instanceof Error ? error.message : String(error), code: 'execution_failed' };
      }
    },
  };
}
