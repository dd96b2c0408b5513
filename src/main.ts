#!/usr/bin/env node
if (process.argv[2] !== 'stdio' || !(await (await import('./cli/window/entry.ts')).runWindow(process.argv.slice(3)))) {
  const [{ adapters }, { runProgram }] = await Promise.all([import('../adapters/index.ts'), import('./cli/program.ts')]);
  await runProgram(process.argv, adapters);
}
