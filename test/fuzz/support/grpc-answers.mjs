/** One reply of a peer: its content, its framing, and its surroundings. */
export const answer = (message) => ({
  message,
  compressed: 0,
  length: 0,
  cut: 0,
  times: 1,
  headers: { status: 200, 'content-type': 'application/grpc', 'grpc-encoding': 'identity' },
  trailers: { 'grpc-status': '0', 'grpc-message': '' },
});

export const TOOL = { 1: 'run', 2: 'Runs', 3: '{"type":"object","properties":{}}', 4: '', 5: 1 };
const SCHEMAS = [
  '{"type":"object","properties":{"constructor":{"$ref":"#/$defs/toString"}}}',
  '{"$ref":"#"}',
  '[]',
  '5',
  '{"type":{"toString":5}}',
  '{"properties":5,"required":[5]}',
];

/** Possible replies of a program to a call. */
export const CALLS = [
  answer({ 1: 'fine' }),
  answer({ 1: '{"a":[1,null,{"b":"c"}]}' }),
  answer({ 1: 'data:image/png;base64,iVBORw0KGgo=' }),
  { ...answer({}), trailers: { 'grpc-status': '2', 'grpc-message': 'rpc error: code = Unknown desc = it broke' } },
  { ...answer({}), trailers: { 'grpc-status': '8', 'grpc-message': 'too large' } },
  { ...answer({}), trailers: { 'grpc-status': '12', 'grpc-message': 'unimplemented' } },
];

/** Possible replies while it starts. */
export const STARTS = [
  answer({ 1: 1 }),
  answer({ 1: 1, 2: 'no' }),
  answer({ 1: [TOOL, { ...TOOL, 1: '__proto__' }] }),
  ...SCHEMAS.map((schema) => answer({ 1: [TOOL, { ...TOOL, 1: 'other', 3: schema, 4: schema }] })),
  answer({ 1: 2, 2: '{"@level":"toString","@message":"a line","@module":{"toString":5}}\n[ERROR] a line\npanic: no\n\tat x\n' }),
];
