// A hook of Claude Code that approves one question of a server and leaves the others to the user.
import { text } from 'node:stream/consumers';

const { message = '', requested_schema: schema } = JSON.parse(await text(process.stdin));
if (message.includes('yes-4711')) {
  const content = Object.fromEntries(Object.entries(schema?.properties ?? {}).map(([name, field]) => [name, field.default]));
  console.log(JSON.stringify({ hookSpecificOutput: { hookEventName: 'Elicitation', action: 'accept', content } }));
}
