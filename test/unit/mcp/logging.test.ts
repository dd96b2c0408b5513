import { expect, it } from 'vitest';
import { ClientLog } from '../../../src/mcp/methods/logging.ts';

it('a log line for a client shows neither secrets nor hidden characters, in the name of its logger either', {
  tags: ['T24', 'T10'],
}, () => {
  const sent: unknown[] = [];
  const log = new ClientLog(
    'debug',
    (params) => void sent.push(JSON.parse(params)),
    (text) => text.replaceAll('planted', '[redacted]'),
  );
  log.area('a planted\u202e').warn('says planted\u001b[2J');
  expect(sent).toEqual([{ level: 'warning', logger: 'a [redacted]\\u{202e}', data: 'says [redacted]\\u{1b}[2J' }]);
});
