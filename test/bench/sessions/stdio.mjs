import { Session } from './session.mjs';

/** Lines on standard input and output. */
export class StdioSession extends Session {
  #input;

  constructor(target, { child }) {
    super(target);
    this.#input = child.stdin;
    let rest = [];
    child.stdout.on('data', (chunk) => {
      let from = 0;
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
        rest.push(chunk.subarray(from, at));
        this.receive(rest.length === 1 ? rest[0].toString() : Buffer.concat(rest).toString());
        rest = [];
        from = at + 1;
      }
      if (from < chunk.length) rest.push(chunk.subarray(from));
    });
  }

  post(text) {
    this.#input.write(`${text}\n`);
  }

  close() {}
}
