// What people are told about approvals, pushes, files and the end of a request, held word for word.
import { describe, expect, test } from 'vitest';
import { classifyChange, show } from '../../../app/core/decision/change.ts';
import { decide } from '../../../app/core/decision/decide.ts';
import type { TreeChange } from '../../../app/core/ledger/history.ts';
import { HistoryBuilder } from '../ledger/history-builder.ts';
import {
  type Asked,
  at,
  boss,
  commander,
  comment,
  facts,
  HEAD,
  hubot,
  lead,
  memberships,
  octocat,
  outsider,
  push,
  review,
  TEAMS,
  world,
} from './facts-builder.ts';

const APPROVE = '/approve-emergency';
const OTHER = '1'.repeat(40);
const AFTER_A_PUSH = [push({ after: OTHER }), push({ before: OTHER, kind: 'push', at: at(0.5) })];

describe('why a word does not count', () => {
  test.each<readonly [Asked, string]>([
    [
      { comments: [comment('/approve-emergency\n/reject')] },
      'This was not taken as a command: it has more than one command; write one command in one comment.',
    ],
    [
      { reviews: [review('APPROVED', { ...commander, type: 'Bot' })] },
      'Only a person approves, never an app or a bot.',
    ],
    [{ reviews: [review('APPROVED', octocat)] }, 'Nobody approves a request of their own. Ask one of the approvers.'],
    [
      { reviews: [review('APPROVED')], reopenedAt: at(2) },
      'This pull request was closed and opened again since, or went into another branch; approvals from before do not count.',
    ],
    [
      { reviews: [review('APPROVED', commander, 1), review('CHANGES_REQUESTED', commander, 2)] },
      'You asked for changes after this. Approve again once they are made.',
    ],
    [
      { reviews: [review('APPROVED')], membership: memberships({ ...TEAMS, 'incident-commanders': 'unknown' }) },
      'GitHub does not say whether you may approve this. It is asked again by itself within a minute.',
    ],
    [
      { reviews: [review('APPROVED', outsider)] },
      'You are not among those who may approve this request; the pull request says who is.',
    ],
    [
      { reviews: [review('APPROVED')], pushes: AFTER_A_PUSH },
      `There were pushes, so say which commit you approve: /approve-emergency ${HEAD}`,
    ],
    [
      { comments: [comment(`${APPROVE} ${OTHER}`)] },
      `The head is now ${HEAD}; look at it again and write: /approve-emergency ${HEAD}`,
    ],
  ])('%#', (asked, sentence) => {
    const { approval } = decide(facts(asked));
    expect(approval).toMatchObject({ kind: 'waiting', ignored: [{ sentence }] });
  });

  test('it names who said it, where it is known', () => {
    const ignored = (asked: Asked) => {
      const { approval } = decide(facts(asked));
      return approval?.kind === 'waiting' ? approval.ignored.map(({ login, commentId }) => [login, commentId]) : [];
    };
    const nobodys = comment(APPROVE, null);
    expect(ignored({ comments: [nobodys], reviews: [review('APPROVED', outsider, 2)] })).toEqual([
      ['unknown', nobodys.id],
      ['outsider', null],
    ]);
  });
});

describe('why a command is none', () => {
  test.each([
    ['/approve-emergency please', 'after /approve-emergency only the full commit id (40 characters) may stand'],
    ['/reject it', 'nothing may stand after the command on its line'],
    ['/reject\n/revoke', 'it has more than one command; write one command in one comment'],
    [
      '> /reject',
      'the command must stand on a line of its own as plain text: no code, quote, heading, list, link or HTML around it, lower case',
    ],
    [`/reject\n${'x'.repeat(16_384)}`, 'the comment is too long; write the command in a short one of its own'],
  ])('%#', (body, reason) => {
    const { approval } = decide(facts({ comments: [comment(body)] }));
    const sentence = `This was not taken as a command: ${reason}.`;
    expect(approval).toMatchObject({ ignored: [{ code: 'unusable-command', sentence }] });
  });
});

describe('where a request stands', () => {
  test.each<readonly [Asked, string, string]>([
    [{ comments: [comment('/reject')] }, 'closed', '@commander rejected this request.'],
    [
      { comments: [comment(APPROVE)], now: at(16) },
      'closed',
      'The approval of 2026-11-22T03:01:00Z was not followed by the merge within 15m, so it no longer counts.',
    ],
    [{ now: at(180) }, 'closed', 'This request lapsed 3h after it was opened. Open a new one.'],
    [
      { pushes: [push({ actor: hubot })] },
      'unapprovable',
      "@hubot pushed to this branch, so nobody can say that it is @octocat's request alone. Open the same request again from a branch that only you push to.",
    ],
    [
      { pushes: [push({ actor: null })] },
      'unapprovable',
      "somebody whom GitHub does not name pushed to this branch, so nobody can say that it is @octocat's request alone. Open the same request again from a branch that only you push to.",
    ],
    [
      { pushes: [] },
      'unapprovable',
      "GitHub's push log of this branch does not show its head yet. It is read again by itself within a minute.",
    ],
  ])('%#', (asked, kind, sentence) => {
    expect(decide(facts(asked)).phase).toMatchObject({ kind, sentence });
  });

  test('a removal of what another removal took out already is closed; anything less is not', () => {
    const history = new HistoryBuilder();
    history.grant('first', 0);
    history.grant('second', 1);
    history.push({ at: 2, changes: [history.remove('first')] });
    const ledger = history.ledger();
    const gone = decide(facts({ changes: [world.remove('first')], ledger }));
    expect(gone).toEqual({
      verdict: { kind: 'allowed', allowed: { kind: 'removal', ids: ['first'] } },
      approval: null,
      phase: { kind: 'closed', sentence: 'All that this takes out is gone from the branch already.' },
    });
    const removals = new Map([['second', { kind: 'waiting', sentence: 'It is being removed.' }]] as const);
    const both = { changes: [world.remove('first'), world.remove('second')], ledger, removals };
    expect(decide(facts(both)).phase).toEqual({ kind: 'waiting' });
    const stray = { id: 'first', path: 'grants/first.yaml', commit: OTHER, at: at(3), blob: OTHER, reason: 'pushed' };
    const again = { changes: [world.remove('first')], ledger: { ...ledger, strays: [stray] } };
    expect(decide(facts(again)).phase).toEqual({ kind: 'waiting' });
    expect(decide(facts({ changes: [world.remove('third')], ledger })).phase).toEqual({ kind: 'denied' });
  });

  test('a removal of one grant names it', () => {
    const history = new HistoryBuilder();
    history.grant('first', 0);
    const removals = new Map([['first', { kind: 'proven', ended: 'deadline', proof: 'requests 1 2' }]] as const);
    const { phase } = decide(facts({ changes: [world.remove('first')], ledger: history.ledger(), removals }));
    expect(phase).toMatchObject({ kind: 'approved', title: 'End access of first (#42)', draft: { kind: 'complete' } });
  });

  test('a workflow file is merged by hand', () => {
    const decision = decide(
      facts({
        change: { kind: 'owners', paths: ['.github/workflows/ci.yml'], policies: false },
        mergedPolicy: { tree: OTHER, policy: { kind: 'ok', value: facts().ledger.policy.value } },
        comments: [comment(APPROVE, boss), comment(APPROVE, lead)],
      }),
    );
    expect(decision.phase).toEqual({
      kind: 'by-hand',
      sentence:
        'GitHub lets no App merge changes to workflow files without a permission that this app does not want. One of the owners presses "Squash and merge".',
    });
  });
});

describe('what a pull request changes that it may not', () => {
  const change = (status: string, path: string, more: Partial<TreeChange> = {}): TreeChange => ({
    path,
    status,
    oldMode: '100644',
    newMode: '100644',
    oldBlob: OTHER,
    newBlob: HEAD,
    ...more,
  });
  const first = 'grants/first.yaml';
  const mixture = (path: string) =>
    `A pull request with a grant changes nothing else, but this one changes \`${path}\` too. Take that out, or open it as a pull request of its own.`;
  const notAGrant = (path: string) =>
    `\`${path}\` is not a grant: a grant is grants/<id>.yaml, where <id> is 3 to 63 of a-z, 0-9 and "-", beginning with a letter or a digit.`;
  const ordinary = (mode: string) => `\`${first}\` must be an ordinary file (mode 100644), not ${mode}.`;

  test.each<readonly [readonly TreeChange[], string, string, string | null]>([
    [[], 'nothing-changed', 'This pull request changes nothing.', null],
    [
      [change('A', first), change('A', 'grants/second.yaml'), change('M', 'grants/third.yaml')],
      'several-grants',
      'A request adds one grant and changes nothing else; this one changes 3 files below grants/. Open one pull request for each grant.',
      null,
    ],
    [[change('A', first), change('M', 'README.md')], 'mixed-change', mixture('README.md'), 'README.md'],
    [[change('A', 'grants/Odd.yaml')], 'bad-path', notAGrant('grants/Odd.yaml'), 'grants/Odd.yaml'],
    [[change('A', first, { newMode: '120000' })], 'not-a-plain-file', ordinary('a symbolic link'), first],
    [[change('A', first, { newMode: '160000' })], 'not-a-plain-file', ordinary('a submodule'), first],
    [[change('A', first, { newMode: '100755' })], 'not-a-plain-file', ordinary('an executable'), first],
    [[change('A', first, { newMode: '040000' })], 'not-a-plain-file', ordinary('a folder'), first],
    [[change('A', first, { newMode: '100664' })], 'not-a-plain-file', ordinary('mode 100664'), first],
    [[change('T', first)], 'not-a-plain-file', `\`${first}\` changes its type.`, first],
    [[change('T', first, { oldMode: '120000' })], 'not-a-plain-file', `\`${first}\` changes its type.`, first],
  ])('%#', (changes, code, sentence, file) => {
    const violation = file === null ? { code, sentence } : { code, sentence, file };
    expect(classifyChange(changes)).toEqual({ kind: 'refused', violations: [violation] });
  });

  test('a removal and an extension name the file with its content', () => {
    expect(classifyChange([change('D', first)])).toEqual({
      kind: 'removal',
      files: [{ id: 'first', path: first, blob: OTHER }],
    });
    expect(classifyChange([change('M', first)])).toEqual({
      kind: 'extension',
      file: { id: 'first', path: first, blob: HEAD },
    });
  });

  test.each([
    ['grants/a b.yaml', '`grants/a b.yaml`'],
    ['a\n`b`<c>@d[e]|f*g_h', '`a\\u{a}\\u{60}b\\u{60}\\u{3c}c\\u{3e}\\u{40}d\\u{5b}e\\u{5d}\\u{7c}f\\u{2a}g\\u{5f}h`'],
    ['é\u{1f600}', '`\\u{e9}\\u{1f600}`'],
    ['a'.repeat(120), `\`${'a'.repeat(120)}\``],
    ['a'.repeat(121), `\`${'a'.repeat(117)}...\``],
  ])('a path is shown inert: %j', (path, shown) => {
    expect(show(path)).toBe(shown);
  });
});
