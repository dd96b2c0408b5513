// The other end of the bare server's pipe: a line with a number and arguments in, the number and a result out.
let rest = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop();
  for (const line of lines) {
    const at = line.indexOf(' ');
    const { message } = JSON.parse(line.slice(at + 1));
    process.stdout.write(`${line.slice(0, at)} ${JSON.stringify({ content: [{ type: 'text', text: message }] })}\n`);
  }
});
