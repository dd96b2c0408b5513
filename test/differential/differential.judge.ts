import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { serve, writeConfig } from '../support/gateway.ts';
import { type AtEnd, endsAfterAll, tempFolder } from '../support/temp.ts';
import { differences, type Exchange, HttpPlayer, type Player } from './exchange.ts';
import { linePlayers } from './line-servers.ts';
import { startReference } from './reference.ts';
import { RULES } from './rules.ts';
import { asking, closing, handshake, legacyTraffic, modernTraffic } from './traffic.ts';

// Sends the same traffic to a server of the official SDK and to this gateway: every difference needs a documented reason.

const SEED = 20_260_728;
const RECORDED = fileURLToPath(new URL('recorded', import.meta.url));

const atEnd = endsAfterAll();
const used = new Set<string>();
let theirs: string;
let ours: string;

beforeAll(async () => {
  theirs = await startReference(atEnd);
  ours = (await serve(writeConfig({}, ['plain'], tempFolder(atEnd)), { atEnd })).url;
});

const overHttp = (): [Player, Player] => [new HttpPlayer(theirs), new HttpPlayer(ours)];

/** Plays exchanges to both, one after the other; returns the unexplained differences. */
async function unexplained(
  exchanges: readonly Exchange[],
  [reference, gateway]: readonly [Player, Player] = overHttp(),
): Promise<object[]> {
  const left: object[] = [];
  for (const exchange of exchanges) {
    const [t, o] = await Promise.all([reference.play(exchange), gateway.play(exchange)]);
    const played = { exchange, theirs: t, ours: o };
    for (const difference of differences(t, o)) {
      const rules = RULES.filter((rule) => rule.explains(difference, played));
      for (const { name } of rules) used.add(name);
      if (rules.length === 0) left.push({ name: exchange.name, body: exchange.body.slice(0, 400), ...difference });
    }
  }
  return left;
}

function recording(file: string): Exchange[] {
  return readFileSync(join(RECORDED, file), 'utf8')
    .trim()
    .split('\n')
    .map((line, i) => ({ name: `${file}:${i + 1}`, ...(JSON.parse(line) as Omit<Exchange, 'name'>) }));
}

describe('the same traffic to the reference and to the gateway', () => {
  it.each(readdirSync(RECORDED))('recorded: %s', { tags: ['differential'] }, async (file) => {
    expect(await unexplained(recording(file))).toEqual([]);
  });

  it('generated: sessions of the legacy era', { tags: ['differential'] }, async () => {
    expect(await unexplained([...handshake, ...legacyTraffic(SEED, 400)])).toEqual([]);
  });

  it('generated: requests of the modern era', { tags: ['differential'] }, async () => {
    expect(await unexplained(modernTraffic(SEED, 400))).toEqual([]);
  });

  it('questions of the modern era', { tags: ['differential'] }, async () => {
    expect(await unexplained(asking)).toEqual([]);
  });

  describe('line by line', () => {
    const plays = ({ method, edge }: Exchange): boolean => method === 'POST' && edge !== true;
    const byLine = (exchanges: readonly Exchange[], era: 'legacy' | 'modern'): Promise<object[]> =>
      unexplained(exchanges.filter(plays), linePlayers(onTestFinished as AtEnd, closing[era]));

    it.each(readdirSync(RECORDED))('recorded: %s', { tags: ['differential'] }, async (file) => {
      expect(await byLine(recording(file), file.includes('modern') ? 'modern' : 'legacy')).toEqual([]);
    });

    it('generated: a connection of the legacy era', { tags: ['differential'] }, async () => {
      expect(await byLine([...handshake, ...legacyTraffic(SEED, 400)], 'legacy')).toEqual([]);
    });

    it('generated: a connection of the modern era', { tags: ['differential'] }, async () => {
      expect(await byLine(modernTraffic(SEED, 400), 'modern')).toEqual([]);
    });

    it('questions of the modern era', { tags: ['differential'] }, async () => {
      expect(await byLine(asking, 'modern')).toEqual([]);
    });
  });

  it('uses every rule', () => {
    expect(RULES.map(({ name }) => name).filter((name) => !used.has(name))).toEqual([]);
  });
});
