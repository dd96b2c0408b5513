import { describe, expect, it } from 'vitest';
import type { Question } from '../../../src/core/contract/question.ts';
import { answerFault, toAnswerableKinds, toClientRequest } from '../../../src/mcp/methods/questions.ts';

const schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };
const form: Question = { kind: 'form', message: 'm', schema };
const url: Question = { kind: 'url', message: 'm', url: 'https://example.com' };

describe('the questions for a client', () => {
  it.each([
    ['2025-03-26', { elicitation: {} }, []],
    ['2025-06-18', { elicitation: {} }, ['form']],
    ['2025-06-18', { elicitation: { form: {}, url: {} } }, ['form']],
    ['2025-11-25', { elicitation: { url: {} } }, ['url']],
    ['2025-11-25', { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} }, ['form', 'url', 'sampling', 'roots']],
    ['2026-07-28', { elicitation: {} }, ['form']],
    ['2024-11-05', { sampling: {}, roots: { listChanged: true } }, ['sampling', 'roots']],
    ['2025-11-25', undefined, []],
    ['2025-11-25', { elicitation: true }, []],
  ])('in revision %s with %j', { tags: ['ask-undeclared'] }, (revision, capabilities, kinds) => {
    expect(toAnswerableKinds(capabilities as never, revision)).toEqual(kinds);
  });

  it('have the form of the revision', { tags: ['ask-form', 'ask-url'] }, () => {
    expect(toClientRequest(form, '2025-06-18', 'k').params).not.toHaveProperty('mode');
    expect(toClientRequest(form, '2025-11-25', 'k').params).toMatchObject({ mode: 'form', requestedSchema: schema });
    expect(toClientRequest(url, '2025-11-25', 'k').params).toMatchObject({ mode: 'url', elicitationId: 'k' });
    expect(toClientRequest(url, '2026-07-28', 'k').params).not.toHaveProperty('elicitationId');
  });

  it.each([
    [undefined, 'missing'],
    ['text', 'missing'],
    [{}, 'action'],
    [{ action: 'accept' }, 'content'],
    [{ action: 'accept', content: {} }, 'n is missing'],
    [{ action: 'accept', content: { n: 1.5 } }, 'wrong kind'],
    [{ action: 'accept', content: { n: '1' } }, 'wrong kind'],
  ])('reject the answer %j', { tags: ['ask-validated'] }, (answer, why) => {
    expect(answerFault(form, answer as never)).toContain(why);
  });
});
