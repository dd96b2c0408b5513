// Plugins that violate the protocol of their channel. Each message adds a byte to a file, which the test uses as a counter.

/** A Talos plugin whose tool writes its argument on its channel, at once or while its next process starts. */
export const NODE = {
  'odd/manifest.json': JSON.stringify({
    id: 'odd',
    name: 'Odd',
    description: '',
    version: '1.0.0',
    functions: [{ name: 'write', description: 'Writes', parameters: { type: 'object', properties: { line: { type: 'string' } } } }],
  }),
  'odd/index.ts': `import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
const { FUZZ_SENT = '' } = process.env;
const next = FUZZ_SENT + '.next';
// Descriptor 4 is the channel from a plugin process to the gateway.
function send(line: string, call: number): void {
  let data = Buffer.from(line.replaceAll('"$CALL"', String(call)) + '\\n');
  appendFileSync(FUZZ_SENT, '.');
  while (data.length > 0) {
    try {
      data = data.subarray(writeSync(4, data));
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}
// hello, load and initialize come first.
let calls = 3;
if (existsSync(next)) {
  const line = readFileSync(next, 'utf8');
  rmSync(next);
  send(line, 2);
}
export const handlers = {
  write: async ({ line, phase }: { line: string; phase: string }) => {
    calls++;
    if (phase === 'start') {
      writeFileSync(next, line);
      process.kill(process.pid, 'SIGKILL');
    }
    send(line, calls);
    await new Promise((resolve) => setTimeout(resolve, 5));
    return 'written';
  },
};
`,
};

/** The same for jaato. */
export const PYTHON = {
  'odd.py': `import os
import time

PLUGIN_KIND = "tool"
SENT = os.environ["FUZZ_SENT"]
calls = 3


def send(line, call):
    # Descriptor 4 is the way from a plugin process to the gateway.
    data = (line.replace('"$CALL"', str(call)) + "\\n").encode("utf-8", "replace")
    with open(SENT, "a") as sent:
        sent.write(".")
    while data:
        try:
            data = data[os.write(4, data) :]
        except BlockingIOError:
            time.sleep(0.001)


if os.path.exists(SENT + ".next"):
    with open(SENT + ".next", encoding="utf-8", errors="surrogatepass", newline="") as kept:
        line = kept.read()
    os.remove(SENT + ".next")
    send(line, 2)


class Odd:
    name = "odd"

    def get_tool_schemas(self):
        return [{"name": "odd_write", "description": "Writes", "parameters": {"type": "object", "properties": {"line": {"type": "string"}}}}]

    def get_executors(self):
        return {"odd_write": self.write}

    def write(self, args):
        global calls
        calls += 1
        if args["phase"] == "start":
            with open(SENT + ".next", "w", encoding="utf-8", errors="surrogatepass", newline="") as kept:
                kept.write(args["line"])
            os.kill(os.getpid(), 9)
        send(args["line"], calls)
        time.sleep(0.005)
        return "written"


def create_plugin():
    return Odd()
`,
};
