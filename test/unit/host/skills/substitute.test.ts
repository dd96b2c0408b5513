import { describe, expect, it } from 'vitest';
import { hasShellText, substitute, toWords } from '../../../../src/host/skills/substitute.ts';

describe('arguments in a text', () => {
  it.each([
    ['Fix $ARGUMENTS now', 'a b', 'Fix a b now'],
    ['First $0, second $1, all $ARGUMENTS[1]', '"a b" c', 'First a b, second c, all c'],
    ['Missing $5 stays', 'a', 'Missing $5 stays'],
    ['Costs \\$1', 'a', 'Costs $1\n\nARGUMENTS: a'],
    ['No place', 'a b', 'No place\n\nARGUMENTS: a b'],
    ['No place', '', 'No place'],
    ['$ARGUMENTSX and $HOME', '', '$ARGUMENTSX and $HOME'],
    ['$ARGUMENTS', '$0 $ARGUMENTS', '$0 $ARGUMENTS'],
  ])('%j with %j', (text, args, filled) => {
    expect(substitute(text, args)).toBe(filled);
  });

  it('have names, and a missing one becomes empty', () => {
    expect(substitute('$issue in $repo!', '7', { names: ['issue', 'repo'] })).toBe('7 in !');
  });

  it('may count from one', () => {
    expect(substitute('$1 $2', 'a b', { first: 1 })).toBe('a b');
  });

  it('and variables are replaced once; unknown variables stay', () => {
    const variables = { CLAUDE_SKILL_DIR: '/x/${CLAUDE_EFFORT}', CLAUDE_EFFORT: 'high' };
    expect(substitute('${CLAUDE_SKILL_DIR} ${CLAUDE_EFFORT} ${OTHER} ${constructor}', '', { variables })).toBe(
      '/x/${CLAUDE_EFFORT} high ${OTHER} ${constructor}',
    );
  });

  it('are split like in a shell', () => {
    expect(toWords(`a "b \\" c" 'd e' f`)).toEqual(['a', 'b " c', 'd e', 'f']);
  });
});

describe('shell text', () => {
  it.each([
    ['Now: !`git status`', true],
    ['```!\nls\n```', true],
    ['Use `!` and a!`b`', false],
  ])('in %j', (text, expected) => expect(hasShellText(text)).toBe(expected));
});
