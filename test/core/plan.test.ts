// What is to be done in AWS: a table of what was signed, what has ended, and what is there.
import { describe, expect, test } from 'vitest';
import type { End } from '../../app/core/ledger/ends.ts';
import { type AccessFacts, type PlanInput, plan } from '../../app/core/plan.ts';
import { at, grantText, HistoryBuilder } from './ledger/history-builder.ts';

const history = new HistoryBuilder();
history.grant('first', 0);
const ledger = history.ledger();
const end: End = { kind: 'deadline', sentence: 'deadline', early: false };
const access = (expiresAt: string | null = '2026-11-22T04:00:00Z'): AccessFacts => ({
  arn: 'arn',
  grantId: 'first',
  expiresAt,
  ended: null,
});

type Case = { readonly ended?: true; readonly stack?: true; readonly access?: AccessFacts; readonly minutes?: number };
const steps = (one: Case) =>
  plan({
    ledger,
    ends: new Map(one.ended ? [['first', end]] : []),
    stacks: new Set(one.stack ? ['first'] : []),
    access: new Map(one.access ? [['first', one.access]] : []),
    now: at(one.minutes ?? 1),
  }).map((step) => step.kind);

test.each<readonly [string, Case, readonly string[]]>([
  ['nothing is there', {}, ['grant']],
  ['only the stack', { stack: true }, ['grant']],
  ['only the access', { access: access() }, ['grant']],
  ['all is there', { stack: true, access: access() }, []],
  ['with an older deadline', { stack: true, access: access('2026-11-22T03:30:00Z') }, ['extend']],
  ['with a later deadline than signed', { stack: true, access: access('2026-11-22T09:00:00Z') }, ['extend']],
  ['tagged for another grant', { stack: true, access: { ...access(), grantId: 'other' } }, ['extend']],
  ['with no deadline', { stack: true, access: access(null) }, ['extend']],
  ['ended, all is there', { ended: true, stack: true, access: access() }, ['end']],
  ['ended, only the access', { ended: true, access: access() }, ['end']],
  ['ended, only the stack', { ended: true, stack: true }, ['end']],
  ['ended, nothing is there', { ended: true }, []],
  ['nothing is granted at the deadline', { minutes: 60 }, []],
  ['nor after it', { minutes: 61 }, []],
  ['but a second before', { minutes: 60 - 1 / 60 }, ['grant']],
])('%s', (_, one, expected) => {
  expect(steps(one)).toEqual(expected);
});

describe('order', () => {
  test('what ends goes first, then by deadline', () => {
    const many = new HistoryBuilder();
    many.grant('late', 0, grantText({ duration: '4h' }));
    many.grant('soon', 1, grantText({ duration: '1h' }));
    many.grant('ends-late', 2, grantText({ duration: '3h' }));
    many.grant('ends-soon', 3, grantText({ duration: '30m' }));
    const input: PlanInput = {
      ledger: many.ledger(),
      ends: new Map([
        ['ends-late', end],
        ['ends-soon', end],
      ]),
      stacks: new Set(['ends-late', 'ends-soon']),
      access: new Map(),
      now: at(5),
    };
    expect(plan(input).map((step) => step.id)).toEqual(['ends-soon', 'ends-late', 'soon', 'late']);
    expect(plan(input)[0]).toEqual({ kind: 'end', id: 'ends-soon', end });
  });

  test('is the same whenever it is asked, and changes nothing it was given', () => {
    const input: PlanInput = { ledger, ends: new Map(), stacks: new Set(), access: new Map(), now: at(1) };
    expect(plan(input)).toEqual(plan(input));
    expect([...ledger.grants.keys()]).toEqual(['first']);
  });
});
