// What each alarm and each stray says: people act on these sentences, so they are held word for word.
import { describe, expect, test } from 'vitest';
import { at, built, GRANT, grantText, HistoryBuilder, hash } from './history-builder.ts';

const LONGER = grantText({ duration: '2h' });

describe('alarms', () => {
  test.each<readonly [string, (h: HistoryBuilder) => string, string, string]>([
    [
      'a claim without a signature of ours',
      (h) => h.push({ at: 1, message: 'X\n\nAuthorization: ed25519 example AAAA\n' }),
      'authorization-invalid',
      'Commit SHA claims an authorization, but the signature is not one of key "example".',
    ],
    [
      'an authorization of another repository',
      (h) => h.merge(1, h.removal('first'), {}) && h.merge(1, { ...h.removal('second'), repositoryId: 7 }, {}),
      'authorization-invalid',
      'Commit SHA carries an authorization of repository 7.',
    ],
    [
      'the same authorization again',
      (h) => h.merge(1, h.removal('first'), {}) && h.merge(2, h.removal('first'), {}),
      'authorization-replayed',
      'Commit SHA repeats an authorization of an earlier commit.',
    ],
    [
      'a grant file without an authorization',
      (h) => h.push({ at: 1, changes: [h.add('first')] }),
      'grant-unauthorized',
      'Commit SHA adds grants/first.yaml, which grants nothing: no valid grant authorization in the commit that brought it.',
    ],
    [
      'an edit',
      (h) => h.grant('first', 0) && h.push({ at: 1, changes: [h.edit('first', LONGER)] }),
      'grant-edited',
      'Commit SHA edits grant "first", ignored: no valid extension authorization in the commit that brought it.',
    ],
  ])('%s', (_, build, code, message) => {
    let sha = '';
    const { alarms } = built((h) => {
      sha = build(h);
    });
    expect(alarms).toMatchObject([{ code, commit: sha, at: expect.any(Date), message: message.replace('SHA', sha) }]);
  });

  test('a policy that nobody authorized, and one that does not parse', () => {
    const h = new HistoryBuilder();
    const genesis = h.commits[0]?.sha;
    const stays = `the policy of ${genesis} stays in force.`;
    const pushed = h.push({ at: 1, policiesTree: hash('any') });
    const tree = hash('unknown tree');
    const broken = h.merge(2, h.change(tree), { policiesTree: tree });
    expect(h.ledger().alarms).toMatchObject([
      {
        code: 'policy-unauthorized',
        commit: pushed,
        at: at(1),
        message: `Commit ${pushed} changes policies/ without the owners' approval; ${stays}`,
      },
      {
        code: 'policy-unreadable',
        commit: broken,
        at: at(2),
        message: `Commit ${broken} brings a policy that does not parse (policies:0:0: no such tree); ${stays}`,
      },
    ]);
  });
});

describe('strays', () => {
  test('name the file, its content, the commit and why it grants nothing', () => {
    let sha = '';
    const { strays } = built((h) => {
      sha = h.push({ at: 4, changes: [h.add('first')] });
    });
    const blob = new HistoryBuilder().blob(GRANT);
    const reason = 'no valid grant authorization in the commit that brought it';
    expect(strays).toEqual([{ id: 'first', path: 'grants/first.yaml', commit: sha, at: at(4), blob, reason }]);
  });

  test('an id that was used before', () => {
    const { strays } = built((h) => {
      h.push({ at: 0, changes: [h.add('first')] });
      h.push({ at: 1, changes: [h.remove('first')] });
      h.push({ at: 2, changes: [h.add('first')] });
    });
    expect(strays.map(({ reason }) => reason)).toEqual([
      'the id "first" was used before; an id is granted once in all history',
    ]);
  });

  test('an edit of a file whose grant had ended', () => {
    const { strays } = built((h) => {
      h.grant('first', 0);
      h.push({ at: 1, changes: [h.remove('first')] });
      h.merge(2, h.extension('first', 0, LONGER), { changes: [h.edit('first', LONGER)] });
    });
    expect(strays.map(({ reason }) => reason)).toEqual(['grant "first" had ended']);
  });

  test('a file whose addition was never seen is used by its deletion', () => {
    const ledger = built((h) => {
      h.push({ at: 1, changes: [h.remove('first')] });
      h.grant('first', 2);
    });
    expect(ledger.grants.size).toBe(0);
    expect(ledger.strays.map(({ id }) => id)).toEqual(['first']);
  });
});

test('the root is refused in words that name what is configured and what is there', () => {
  const h = new HistoryBuilder();
  const genesis = h.root.genesis;
  expect(h.fold({ ...h.root, genesis: 'other' })).toEqual({
    kind: 'no-root',
    reason: 'the history does not begin at the configured genesis other',
  });
  expect(h.fold()).toMatchObject({ kind: 'ledger', ledger: { tip: genesis, position: 0 }, authorizations: [] });
});

test('every valid authorization is counted once, oldest first', () => {
  const h = new HistoryBuilder();
  const first = h.grant('first', 1);
  const removal = h.merge(2, h.removal('first'), { changes: [h.remove('first')] });
  h.merge(3, h.removal('first'), {});
  expect(h.fold()).toMatchObject({
    authorizations: [
      { commit: first, at: at(1), record: { kind: 'grant' } },
      { commit: removal, at: at(2), record: { kind: 'removal' } },
    ],
  });
});

test('a removal is the record of each grant that it names', () => {
  const { grants } = built((h) => {
    h.grant('first', 0);
    h.grant('second', 1);
    h.merge(2, h.removal('first', 'second'), { changes: [h.remove('first'), h.remove('second')] });
  });
  expect([...grants.values()].map(({ removed }) => removed?.record?.pullRequest)).toEqual([60, 60]);
});

test('of two policies that lack something, the first is what ended it', () => {
  const h = new HistoryBuilder();
  h.grant('first', 0);
  const without = (file: string, from: string, to: string) => h.policy({ [file]: (text) => text.replace(from, to) });
  const account = without('accounts.yaml', 'staging:', 'stage:');
  const rule = without('rules.yaml', 'name: test-admin', 'name: tests');
  const sha = h.merge(1, h.change(account), { policiesTree: account });
  h.merge(2, h.change(rule, { pullRequest: 51 }), { policiesTree: rule });
  expect(h.ledger().grants.get('first')?.gone).toEqual({ commit: sha, at: at(1), what: 'account staging' });
});
