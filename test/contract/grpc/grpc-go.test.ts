import { describe, expect, it } from 'vitest';
import { grpc } from '../../../dist/adapters/grpc/adapter.js';
import { openApp, type TestApp, textOf } from '../../support/app.ts';
import { startGo } from '../../support/grpc-go.ts';
import { until } from '../../support/processes.ts';
import { withoutGo } from '../../support/toolchains.ts';

const missing = withoutGo();

async function open(target: string, keys: object = {}, folder?: string): Promise<TestApp> {
  const limits = { restartMinMs: 50, restartMaxMs: 200 };
  const app = await openApp([grpc], { plugins: { interop: { format: 'grpc', target, ...keys } }, limits }, folder);
  await app.instance.registry.whenListed(20_000);
  return app;
}

const names = (app: TestApp): string[] => [...app.instance.registry.catalogue().tools.keys()];
const facts = (app: TestApp) => app.instance.registry.plugins()[0]?.facts;

describe.skipIf(missing !== undefined)(`a server of grpc-go${missing === undefined ? '' : ` (${missing})`}`, () => {
  it.each([
    ['both', 'reflection v1'],
    ['v1', 'reflection v1'],
  ])('with reflection "%s" has one tool per method, described by %s', { tags: ['grpc-tools'], timeout: 240_000 }, async (flag, from) => {
    const { address } = await startGo(['-reflection', flag]);
    const app = await open(address);
    expect(names(app)).toEqual([
      'TestService_EmptyCall',
      'TestService_UnaryCall',
      'TestService_CacheableUnaryCall',
      'TestService_StreamingOutputCall',
      'TestService_UnimplementedCall',
      'Greeter_SayHello',
    ]);
    expect(facts(app)).toMatchObject({ descriptors: from, services: ['grpc.testing.TestService', 'helloworld.Greeter'] });
    const { problems } = app.instance.registry.plugins()[0] ?? {};
    expect(problems?.map(({ subject }) => subject)).toEqual([
      'grpc.testing.TestService/StreamingInputCall',
      'grpc.testing.TestService/FullDuplexCall',
      'grpc.testing.TestService/HalfDuplexCall',
    ]);
  });

  it('answers unary and streaming calls', { tags: ['grpc-tools'] }, async () => {
    const app = await open((await startGo()).address);
    expect(textOf(await app.call('TestService_EmptyCall'))).toBe('OK');
    const unary = await app.call('TestService_UnaryCall', { responseSize: 3, fillUsername: true });
    expect(unary).toMatchObject({ structured: { payload: { body: 'AAAA' } } });
    const seen: unknown[] = [];
    const call = app.newCall((done) => void seen.push(done));
    const stream = await app.call('TestService_StreamingOutputCall', { response_parameters: [{ size: 1 }, { size: 2 }] }, call);
    expect(stream.structured).toEqual({ messages: [{ payload: { body: 'AA==' } }, { payload: { body: 'AAA=' } }] });
    expect(seen.at(-1)).toBe(2);
  });

  it('returns its status as an error that a model can act on', { tags: ['grpc-tools'] }, async () => {
    const app = await open((await startGo()).address);
    const result = await app.call('TestService_UnaryCall', { responseStatus: { code: 9, message: 'not now' } });
    expect(result).toMatchObject({ isError: true, meta: { 'grpc/status': { code: 9, name: 'FAILED_PRECONDITION' } } });
    expect(textOf(result)).toBe('FAILED_PRECONDITION: not now');
  });

  it('answers 2,000 parallel calls on one channel', { tags: ['grpc-tools'] }, async () => {
    const app = await openApp([grpc], {
      plugins: { interop: { format: 'grpc', target: (await startGo()).address } },
      limits: { callsPerPlugin: 2000, calls: 4000, callsPerClient: 4000 },
    });
    await app.instance.registry.whenListed(20_000);
    const results = await Promise.all(Array.from({ length: 2000 }, () => app.call('TestService_UnaryCall', { responseSize: 2 })));
    expect(results.filter(({ isError }) => isError)).toEqual([]);
    expect(results.every(({ structured }) => JSON.stringify(structured) === '{"payload":{"body":"AAA="}}')).toBe(true);
  });

  it('keeps its tools while it is down, and is read again after a restart', { tags: ['grpc-down'] }, async () => {
    const first = await startGo(['-reflection', 'v1']);
    const app = await open(first.address);
    const before = names(app);
    await first.stop();
    await until('the loss is noticed', () => app.instance.registry.plugins()[0]?.state === 'restarting');
    expect(names(app)).toEqual(before);
    expect((await app.call('TestService_EmptyCall')).meta?.['plugmux/error']).toMatchObject({ code: 'PLUGIN_UNAVAILABLE' });
    await startGo(['-address', first.address]);
    await until('it is back', () => app.instance.registry.plugins()[0]?.state === 'ready');
    expect(textOf(await app.call('TestService_EmptyCall'))).toBe('OK');
  });

  it('that is down at the start has the tools of its last run', { tags: ['grpc-down'] }, async () => {
    const server = await startGo();
    const app = await open(server.address);
    const before = names(app);
    await app.close();
    await server.stop();
    const again = await open(server.address, {}, app.dir);
    expect(names(again)).toEqual(before);
    const result = await again.call('TestService_EmptyCall');
    expect(result.meta?.['plugmux/error']).toMatchObject({ code: 'PLUGIN_UNAVAILABLE', outcome: 'NOT_SENT' });
    expect(textOf(result)).toContain('the connection was refused');
    await startGo(['-address', server.address]);
    await until('it is served', async () => textOf(await again.call('TestService_EmptyCall')) === 'OK');
    await until(
      'nothing is reported',
      () => again.instance.registry.plugins()[0]?.problems.every(({ code }) => code === undefined) === true,
    );
  });

  it('without reflection is reported with the fix', { tags: ['grpc-tools'] }, async () => {
    const app = await open((await startGo(['-reflection', 'none'])).address);
    const { state, error } = app.instance.registry.plugins()[0] ?? {};
    expect([state, error?.message, error?.fix]).toEqual([
      'needs-config',
      'The server has no reflection, and the entry has no "descriptors".',
      expect.stringContaining('Set "descriptors"'),
    ]);
  });
});
