// The protobuf messages between the benchmark's gRPC plugin and its bare caller.
const varint = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]);

/** Text fields by number, starting with 1. */
export const write = (...texts) =>
  Buffer.concat(
    texts.map((text, i) => {
      const bytes = Buffer.isBuffer(text) ? text : Buffer.from(text);
      return Buffer.concat([Buffer.from([((i + 1) << 3) | 2, ...varint(bytes.length)]), bytes]);
    }),
  );

/** The text fields of a message, in order. */
export function read(message) {
  const texts = [];
  for (let at = 0; at < message.length; ) {
    at++;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++];
      length |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    texts.push(message.toString('utf8', at, at + length));
    at += length;
  }
  return texts;
}
