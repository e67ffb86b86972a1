// What the push log says: who pushed, and whether the head is the only one since the request was opened.
import { expect, test } from 'vitest';
import { headHistory } from '../../../app/core/decision/head-history.ts';
import type { Push } from '../../../app/core/decision/people.ts';
import { at, facts, HEAD, hubot, octocat, pull, push, ZERO } from './facts-builder.ts';

const OLD = '1'.repeat(40);
const created = (more: Partial<Push> = {}) => push({ after: OLD, at: at(-10), ...more });
const pushed = (more: Partial<Push> = {}) => push({ before: OLD, kind: 'push', at: at(-5), ...more });

const cases: readonly (readonly [string, readonly Push[], string])[] = [
  ['made with its head before opening', [push()], 'only head'],
  ['made and opened in one second', [push({ at: at(0) })], 'only head'],
  ['pushed before opening', [created(), pushed()], 'only head'],
  ['pushed in the second of opening', [created(), pushed({ at: at(0) })], 'other heads'],
  [
    'made in the second of opening, with another head than now',
    [created({ at: at(0) }), pushed({ at: at(0) })],
    'other heads',
  ],
  ['pushed after opening', [created(), pushed({ at: at(1) })], 'other heads'],
  [
    'pushed after opening and put back',
    [push(), push({ before: HEAD, after: OLD, at: at(1) }), pushed({ at: at(2) })],
    'other heads',
  ],
  [
    'deleted and made again after opening',
    [push(), push({ before: HEAD, after: ZERO, at: at(1) }), push({ at: at(2) })],
    'other heads',
  ],
  ['nothing known', [], 'push-log-unknown'],
  ['the head is not there yet', [created()], 'push-log-unknown'],
  ['its beginning is not known', [pushed()], 'push-log-unknown'],
  ['deleted', [push(), push({ before: HEAD, after: ZERO })], 'push-log-unknown'],
  ['somebody else made the branch', [created({ actor: hubot }), pushed()], 'foreign-push'],
  ['somebody else pushed', [created(), pushed({ actor: hubot })], 'foreign-push'],
  [
    'somebody else pushed in between',
    [created(), pushed({ actor: hubot, after: ZERO.replace(/^0/, '2') }), pushed()],
    'foreign-push',
  ],
  ['nobody knows who pushed', [created(), pushed({ actor: null })], 'foreign-push'],
  [
    'somebody else, in an earlier life of the branch',
    [created({ actor: hubot, at: at(-30) }), push({ before: OLD, after: ZERO, at: at(-20) }), push()],
    'only head',
  ],
  ['the same login with another id', [created(), pushed({ actor: { ...octocat, id: 1 } })], 'foreign-push'],
];

test.each(cases)('%s', (_, pushes, expected) => {
  const history = headHistory(facts({ pushes }));
  const said = history.kind === 'unapprovable' ? history.code : history.onlyHead ? 'only head' : 'other heads';
  expect(said).toBe(expected);
});

test('what is known is whether it is the only head', () => {
  expect(headHistory(facts())).toEqual({ kind: 'known', onlyHead: true });
  expect(headHistory(facts({ pushes: [created(), pushed({ at: at(1) })] }))).toEqual({
    kind: 'known',
    onlyHead: false,
  });
});

test('an unknown author never owns a branch', () => {
  expect(headHistory(facts({ pull: pull({ author: null }), pushes: [push({ actor: null })] }))).toMatchObject({
    code: 'foreign-push',
  });
});
