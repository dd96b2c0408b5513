import fc from 'fast-check';

/** The seed of this run; `PLUGMUX_FUZZ_SEED` replays one. */
export const SEED = Number(process.env.PLUGMUX_FUZZ_SEED ?? Math.floor(Math.random() * 0x7fffffff));

const NAMES = ['constructor', '__proto__', 'prototype', 'toString', 'valueOf', 'hasOwnProperty', 'toJSON', 'then', 'length', 'name'];
const own = (key, value) => JSON.parse(`{${JSON.stringify(key)}:${JSON.stringify(value)}}`);
/** Placeholder in a message for a text that cannot be a JSON value. */
const RAW = '\u0001raw';
const RAW_TEXTS = [
  '1e999',
  '-1e999',
  '9007199254740993',
  '1.0',
  '-0',
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`,
];

/** Values that fields usually do not expect, and some that they might. */
const wrong = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(null, true, false, 0, -1, 1.5, 2 ** 53, -(2 ** 31), '', 'x', [], {}, [null], [[]], [{}], {
      a: { b: {} },
    }),
  },
  { weight: 3, arbitrary: fc.constantFrom(...NAMES) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(...NAMES).chain((key) => fc.constantFrom(5, null, 'x', {}, []).map((value) => own(key, value))),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('\u0000', '\u001b[31m', '\u202e', '\ud800', '\u{e0041}', 'é\n\r\n', '../../etc/passwd', '${env:HOME}'),
  },
  { weight: 3, arbitrary: fc.jsonValue() },
  { weight: 2, arbitrary: fc.array(fc.jsonValue({ maxDepth: 1 }), { maxLength: 40 }) },
  { weight: 1, arbitrary: fc.integer({ min: 10, max: 200_000 }).map((n) => 'h'.repeat(n)) },
  { weight: 1, arbitrary: fc.integer({ min: 10, max: 400 }).map(nested) },
  { weight: 1, arbitrary: fc.constant(RAW) },
);

function nested(depth) {
  let value = 1;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { deep: value };
  return value;
}

function pathsOf(value, path = []) {
  if (typeof value !== 'object' || value === null) return [path];
  return [
    ...(path.length > 0 ? [path] : []),
    ...Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...path, Array.isArray(value) ? Number(key) : key])),
  ];
}

/** A copy with another value at a path; `undefined` removes it. */
function withAt(value, [key, ...rest], other) {
  if (key === undefined) return other;
  if (Array.isArray(value)) return value.map((item, i) => (i === key ? withAt(item, rest, other) : item));
  const members = Object.entries(value).map(([name, item]) => [name, name === key ? withAt(item, rest, other) : item]);
  return Object.fromEntries(members);
}

function changed(template) {
  const paths = pathsOf(template);
  const one = fc.tuple(
    fc.nat(paths.length - 1),
    fc.oneof({ weight: 6, arbitrary: wrong }, { weight: 1, arbitrary: fc.constant(undefined) }),
  );
  const changes = fc.oneof(
    { weight: 5, arbitrary: one.map((change) => [change]) },
    { weight: 1, arbitrary: fc.array(one, { minLength: 2, maxLength: 3 }) },
  );
  return changes.map((all) => {
    let message = template;
    for (const [at, other] of all) {
      const path = paths[at];
      if (exists(message, path)) message = withAt(message, path, other);
    }
    return message;
  });
}

function exists(value, path) {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return false;
    at = at[key];
  }
  return true;
}

/** Texts that are not messages. */
const garbage = fc.oneof(
  fc.constantFrom(
    '',
    '{',
    'null',
    '[]',
    '{}',
    '"text"',
    '5',
    'true',
    '{"id":1}',
    '{"id":1,"result":1,"error":1}',
    'undefined',
    '\ufeff{}',
    '[1,2]',
    '\u0000',
  ),
  fc.string({ maxLength: 80 }),
  fc.jsonValue().map((value) => JSON.stringify(value)),
);

function textOf(message) {
  const text = JSON.stringify(message);
  return text.split(JSON.stringify(RAW)).reduce((before, after, i) => before + RAW_TEXTS[(i * 7 + text.length) % RAW_TEXTS.length] + after);
}

/**
 * Texts of messages, most of them with a field replaced, dropped or added, some of them valid, some not messages. The
 * same templates, count and seed give the same texts.
 */
export function* mutated(templates, count, seed = SEED) {
  const message = fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .constantFrom(...templates)
        .chain(changed)
        .map(textOf),
    },
    { weight: 1, arbitrary: fc.constantFrom(...templates).map(textOf) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom(...templates), fc.constantFrom(...NAMES), wrong)
        .map(([m, key, value]) => textOf({ ...m, ...own(key, value === undefined ? null : value) })),
    },
    { weight: 1, arbitrary: garbage },
  );
  const STEP = 50;
  for (let from = 0; from < count; from += STEP) yield* fc.sample(message, { numRuns: Math.min(STEP, count - from), seed: seed + from });
}

/** Replaces placeholders such as `$CALL` with values; a text that is only a placeholder becomes the value itself. */
export function fill(text, values) {
  return text.replace(/"?\$([A-Z]+)"?/g, (found, name) => {
    if (!Object.hasOwn(values, name)) return found;
    const value = values[name];
    const whole = found.startsWith('"') && found.endsWith('"');
    if (whole) return JSON.stringify(value);
    return `${found.startsWith('"') ? '"' : ''}${value}${found.endsWith('"') ? '"' : ''}`;
  });
}
