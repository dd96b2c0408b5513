import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createIdentity } from '../../../adapters/squadron/go-plugin/certificate.ts';
import { readHandshake } from '../../../adapters/squadron/go-plugin/handshake.ts';
import { createLogReader } from '../../../adapters/squadron/go-plugin/log-lines.ts';
import { readCall, readConfigure, readStdio, readTools, writeCall, writeConfigure } from '../../../adapters/squadron/go-plugin/messages.ts';
import { writeBytes, writeText } from '../../../adapters/squadron/go-plugin/protobuf.ts';
import { createTracebacks } from '../../../adapters/squadron/go-plugin/tracebacks.ts';
import { toResult } from '../../../adapters/squadron/result.ts';
import { toInputSchema, toOutputSchema } from '../../../adapters/squadron/schema.ts';
import { toDecimalText, toSettings } from '../../../adapters/squadron/settings.ts';

describe('messages', () => {
  it('are encoded and decoded', () => {
    expect(writeCall({ tool: 'a', payload: '{}' }).toString('hex')).toBe('0a016112027b7d');
    expect(readCall(writeText(1, 'ü\u0000'))).toBe('ü\u0000');
    expect(writeConfigure({ k: 'v', e: '' }).toString('hex')).toBe('0a060a016b120176' + '0a030a0165');
    expect(readConfigure(Buffer.from('0801', 'hex'))).toBeUndefined();
    expect(readConfigure(writeText(2, 'no'))).toBe('no');
    expect(readStdio(Buffer.concat([Buffer.from([8, 2]), writeText(2, 'x')]))).toEqual({ stream: 'stderr', data: Buffer.from('x') });
  });

  it('may have unknown fields, and lack newer ones', () => {
    const tool = Buffer.concat([
      writeText(1, 'n'),
      writeText(2, 'd'),
      Buffer.from('280199030000000000000000', 'hex'),
      writeText(99, 'new'),
    ]);
    expect(readTools(writeBytes(1, tool))).toEqual([
      { name: 'n', description: 'd', schemaJson: '', outputSchemaJson: '', idempotent: true },
    ]);
  });

  it('that are truncated or of the wrong kind are rejected', () => {
    for (const hex of ['0a05', '0a', 'ffffffffffffffffffffff', '0801', '0f']) expect(() => readCall(Buffer.from(hex, 'hex'))).toThrow();
  });
});

describe('the handshake line', () => {
  it('is found among other lines', () => {
    expect(readHandshake('printed at import')).toBeUndefined();
    const handshake = { target: 'dns:127.0.0.1:4000' };
    expect(readHandshake('1|1|tcp|127.0.0.1:4000|grpc|')).toEqual({ handshake });
    expect(readHandshake(' 1|1|tcp|127.0.0.1:4000|grpc||true\r')).toEqual({ handshake });
    expect(readHandshake(`1|1|tcp|127.0.0.1:4000|grpc|${'QUJD'.repeat(20)}`)).toEqual({
      handshake: { ...handshake, certificate: Buffer.from('ABC'.repeat(20)) },
    });
  });

  it.each([
    ['2|1|unix|/x|grpc|', 'version 2 of the plugin protocol'],
    ['1|7|unix|/x|grpc|', 'version 7 of the tool interface'],
    ['1|1|tcp|127.0.0.1:1', 'netrpc'],
    ['1|1|tcp|10.0.0.1:1|grpc|', 'not a loopback address'],
    ['1|1|unix|/nowhere/at/all|grpc|', 'does not exist'],
    ['1|1|unix|/etc/hostname|grpc|', 'is not a socket'],
    ['1|1|unix||grpc|', 'it has no address'],
    ['1|1|tcp', 'it has no address'],
    [`1|1|unix|${'x'.repeat(5_000)}`, 'more than 4096 characters'],
  ])('%.60s is rejected', { tags: ['squadron-handshake'] }, (line, why) => {
    expect(() => readHandshake(line)).toThrow(why);
  });

  it('is rejected even if only its beginning has arrived', { tags: ['squadron-handshake'] }, () => {
    expect(() => readHandshake('1|1|unix|xxxx', true)).toThrow('more than 4096 characters');
    expect(readHandshake('xxxx', true)).toBeUndefined();
  });

  it.each([
    ['1|1|vsock|3:1024|grpc|', 'the network "vsock"'],
    ['1|1|udp', 'the network "udp"'],
    ['1|2|npipe|\\\\.\\pipe\\x|grpc|', 'the network "npipe"'],
    ['1|1', 'fields are missing: "1|1"'],
    ['1|1|', 'fields are missing'],
    ['1|1||/tmp/x|grpc|', 'fields are missing'],
  ])('%s is doubtful: a valid one may follow', { tags: ['squadron-handshake'] }, (line, why) => {
    expect(readHandshake(line)).toEqual({ doubtful: expect.objectContaining({ message: expect.stringContaining(why) }) });
  });

  it.each(['1', '1|2|3', '10|20|30|40', '4|11', '2|3|apples', '|1|1|', '1|1x|unix'])('%s is an ordinary line', (line) => {
    expect(readHandshake(line)).toBeUndefined();
  });
});

it('a certificate is valid for client and server', () => {
  const { certificate } = createIdentity();
  const read = new X509Certificate(certificate);
  expect(read.verify(read.publicKey)).toBe(true);
  expect(read.checkHost('localhost')).toBe('localhost');
  expect(read.ca).toBe(true);
  expect(read.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.1']);
});

it('log lines keep their level', () => {
  const read = createLogReader();
  expect(read('{"@level":"warn","@message":"hot","@timestamp":"t","n":1}')).toEqual({ level: 'warn', text: 'hot n=1' });
  expect(read('[ERROR] bad')).toEqual({ level: 'error', text: 'bad' });
  expect(read('2026/11/21 [TRACE] fine')).toEqual({ level: 'debug', text: 'fine' });
  expect(read('anything')).toEqual({ level: 'debug', text: 'anything' });
  expect(read('panic: it fell over').level).toBe('error');
  expect(read('goroutine 1 [running]:').level).toBe('error');
  expect(read('main.main()').level).toBe('error');
  expect(read('all is well').level).toBe('debug');
});

describe('messages of failed Python calls', () => {
  const feed = (text: string) => {
    const tracebacks = createTracebacks();
    for (const line of text.split('\n')) if (line.trim() !== '') tracebacks.line(line);
    return tracebacks;
  };
  const one = (message: string) =>
    `Application error\nTraceback (most recent call last):\n  File "x.py", line 1, in f\n    raise E\n${message}`;

  it('are found in order', async () => {
    const tracebacks = feed(`noise\n${one('ValueError: first')}\nmore noise? no: part of the message\n${one('a.b.Error: second')}`);
    expect(await tracebacks.next()).toBe('ValueError: first\nmore noise? no: part of the message');
    expect(await tracebacks.next()).toBe('Error: second');
    expect(await tracebacks.next()).toBeUndefined();
  });

  it("end at the plugin's next log line", async () => {
    const logs = ['DEBUG:hpack:Adding x', '2026-11-21 20:00:00,1 WARNING later', '[INFO] later', '{"@level":"info"}'];
    for (const log of logs)
      expect(await feed(`${one('ValueError: two\nlines')}\n${log}\nmore of it`).next()).toBe('ValueError: two\nlines');
  });

  it('are those of the last exception of a chain', async () => {
    const chain = `${one("KeyError: 'x'")}\nDuring handling of the above exception, another exception occurred:\nTraceback (most recent call last):\n  File "y"\nRuntimeError: outer`;
    expect(await feed(chain).next()).toBe('RuntimeError: outer');
  });

  it('may contain another report', async () => {
    const inner = 'Traceback (most recent call last):\n  File "<string>", line 1\nKeyError: 1';
    expect(await feed(one(`RuntimeError: it said\n${inner}`)).next()).toBe(`RuntimeError: it said\n${inner}`);
  });

  it('include timeouts and classes inside functions', async () => {
    expect(await feed(one('TimeoutError: too late').replace('Application error', 'Timeout occurred')).next()).toBe(
      'TimeoutError: too late',
    );
    expect(await feed(one('a.f.<locals>.Odd: it is')).next()).toBe('Odd: it is');
  });

  it('contain every exception of a group', async () => {
    const tree = `Application error
  + Exception Group Traceback (most recent call last):
  |   File "x.py", line 6, in main
  | ExceptionGroup: several (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "x.py", line 3, in a
    | ValueError: bad a
    | and more
    +---------------- 2 ----------------
    | Exception Group Traceback (most recent call last):
    |   File "x.py", line 4, in b
    | ExceptionGroup: inner (1 sub-exception)
    +-+---------------- 1 ----------------
      | a.b.Odd: bad b
      +------------------------------------`;
    const told =
      'ExceptionGroup: several (2 sub-exceptions)\nValueError: bad a\nand more\nExceptionGroup: inner (1 sub-exception)\nOdd: bad b';
    expect(await feed(tree).next()).toBe(told);
    const cause = 'The above exception was the direct cause of the following exception:';
    const outer = 'Traceback (most recent call last):\n  File "y"\nRuntimeError: outer';
    expect(await feed(`${tree}\n${cause}\n${outer}`).next()).toBe('RuntimeError: outer');
    expect(await feed(`${one('KeyError: 1')}\n${cause}\n${tree.replace('Application error\n', '')}`).next()).toBe(told);
  });

  it('do not include tracebacks that a plugin logs itself', async () => {
    expect(await feed('Something else\nTraceback (most recent call last):\n  File "y"\nRuntimeError: logged').next()).toBeUndefined();
  });
});

describe('schemas', () => {
  it.each([
    ['', { type: 'object', properties: {} }],
    ['{}', { type: 'object', properties: {} }],
    ['{"type":"object","properties":null}', { type: 'object', properties: {} }],
    ['{"type":"","properties":null}', { type: 'object', properties: {} }],
    ['{"$ref":"#/$defs/a","$defs":{"a":{"type":"object"}}}', { type: 'object', $ref: '#/$defs/a', $defs: { a: { type: 'object' } } }],
    [
      '{"type":"object","properties":{"a":{"enum":[1]}},"additionalProperties":false}',
      { type: 'object', properties: { a: { enum: [1] } }, additionalProperties: false },
    ],
    ['{"type":"string"}', { type: 'string', properties: {} }],
    ['no json', undefined],
    ['[]', undefined],
  ])('%s', (text, schema) => expect(toInputSchema(text)).toEqual(schema));

  // The Go SDK sends a recursive type as a reference without its definition.
  it('may have dangling references', () => {
    const lost = {
      type: 'object',
      properties: { next: { $ref: '#/$defs/Tree', description: 'd' }, all: { items: { $ref: '#/$defs/Tree' } } },
    };
    const found = { type: 'object', properties: { next: { description: 'd' }, all: { items: {} } } };
    expect(toInputSchema(JSON.stringify(lost))).toEqual(found);
    expect(toOutputSchema(JSON.stringify(lost))).toEqual(found);
    const kept = { ...lost, $defs: { Tree: { type: 'object' } } };
    expect(toInputSchema(JSON.stringify(kept))).toEqual(kept);
  });

  it('of results do not require structs that may be nil; open schemas are unchanged', () => {
    const properties = { n: { type: 'integer' }, list: { type: 'array' }, map: { type: 'object' }, any: true, s: { $ref: '#/$defs/S' } };
    const S = { type: 'object', properties: { t: { type: 'string' } }, required: ['t'], additionalProperties: false };
    const closed = { type: 'object', properties, required: Object.keys(properties), additionalProperties: false, $defs: { S } };
    const relaxed = { ...closed, required: ['n', 'list', 'map', 'any'] };
    expect(toOutputSchema(JSON.stringify(closed))).toEqual(relaxed);
    const nulls = JSON.stringify({ n: null, list: null, map: null, any: null, s: null });
    expect(toResult(nulls, relaxed as never).structured).toEqual({ n: null, list: [], map: {}, any: null });
    const open = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };
    expect(toOutputSchema(JSON.stringify(open))).toEqual(open);
    expect(toResult('{"n":null}', open as never).structured).toEqual({ n: null });
  });

  it('of results may be missing', () => {
    expect(toOutputSchema('')).toBeUndefined();
    expect(toOutputSchema('{"type":"string"}')).toEqual({ type: 'string' });
    const tree = { $ref: '#/$defs/Node', $defs: { Node: { type: 'object' }, Text: { type: 'string' } } };
    expect(toOutputSchema(JSON.stringify(tree))).toEqual({ type: 'object', ...tree });
    expect(toOutputSchema(JSON.stringify({ ...tree, $ref: '#/$defs/Text' }))?.type).toBeUndefined();
  });
});

describe('results', () => {
  const png = `iVBORw0KGgo${'A'.repeat(120)}`;

  it('are text unless they contain images', () => {
    expect(toResult('plain', undefined)).toEqual({ content: [{ type: 'text', text: 'plain' }] });
    expect(toResult('{"a":1}', undefined)).toEqual({ content: [{ type: 'text', text: '{"a":1}' }] });
    expect(toResult('', undefined)).toEqual({ content: [{ type: 'text', text: '' }] });
    expect(toResult('iVBORw0KGgo is how they begin', undefined).content).toHaveLength(1);
  });

  it.each([
    ['png', png],
    ['jpeg', `/9j/${'A'.repeat(120)}`],
    ['gif', `R0lGOD${'A'.repeat(120)}`],
    ['webp', `UklGR${'A'.repeat(120)}`],
  ])('convert a raw %s', (kind, data) => {
    expect(toResult(`${data}\n`, undefined).content).toEqual([{ type: 'image', data, mimeType: `image/${kind}` }]);
  });

  it('convert images inside a text and inside JSON', () => {
    expect(toResult(`see data:image/jpg;base64,QUJD and data:image/gif;base64,QQ== here`, undefined).content).toEqual([
      { type: 'text', text: 'see  and  here' },
      { type: 'image', data: 'QUJD', mimeType: 'image/jpeg' },
      { type: 'image', data: 'QQ==', mimeType: 'image/gif' },
    ]);
    expect(toResult(JSON.stringify({ page: 'x', shot: png }), undefined).content).toEqual([
      { type: 'text', text: '{"page":"x","shot":"(image 1)"}' },
      { type: 'image', data: png, mimeType: 'image/png' },
    ]);
    expect(toResult(`quoted "${png}" in no JSON`, undefined).content).toHaveLength(1);
  });

  it('follow the output schema', () => {
    expect(toResult('{"a":1}', { type: 'object' })).toEqual({ content: [{ type: 'text', text: '{"a":1}' }], structured: { a: 1 } });
    const schema = {
      type: 'object',
      properties: {
        list: { $ref: '#/$defs/list' },
        map: { type: 'object' },
        one: { type: 'object', properties: {} },
        many: { items: { type: 'array' } },
      },
      $defs: { list: { type: 'array' } },
    };
    // Go encodes nil slices and maps as null.
    const filled = toResult('{"list":null,"map":null,"one":null,"many":[null],"other":null}', schema);
    expect(filled.structured).toEqual({ list: [], map: {}, one: null, many: [[]], other: null });
    expect(toResult('null', { type: 'object' }).structured).toEqual({});
    expect(() => toResult('null', { type: 'object', properties: {} })).toThrow('output schema');
    expect(() => toResult('no json', { type: 'object' })).toThrow('output schema');
  });
});

describe('settings', () => {
  it('become strings', () => {
    const settings = { a: 'x', b: true, c: 12345678901, d: 1e21, e: 1.5e-7 };
    expect(toSettings('p', { settings, credentials: { k: 's' } })).toEqual({
      a: 'x',
      b: 'true',
      c: '12345678901',
      d: '1000000000000000000000',
      e: '0.00000015',
      k: 's',
    });
    expect(['-0.0', '0', '10', '-1.20', '007'].map(toDecimalText)).toEqual(['0', '0', '10', '-1.2', '7']);
  });

  it('that are empty, lists or objects are rejected', () => {
    expect(() => toSettings('p', { settings: { a: '', b: null, c: 'x' }, credentials: {} })).toThrow('settings [a, b] are empty');
    expect(() => toSettings('p', { settings: { a: [1] }, credentials: {} })).toThrow('"a" is a list or an object');
  });
});
