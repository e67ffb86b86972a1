// Which commits grant: a table of honest and dishonest histories, and what the ledger makes of each.
import { describe, expect, test } from 'vitest';
import { testKey } from '../record/record-cases.ts';
import {
  at,
  built,
  alarmCodes as codes,
  GRANT,
  grantText,
  HistoryBuilder,
  hash,
  REPOSITORY,
} from './history-builder.ts';

describe('grants', () => {
  test('an authorized merge grants, from its commit time, for what was signed', () => {
    const ledger = built((h) => h.grant('first', 10));
    const entry = ledger.grants.get('first');
    expect(entry).toMatchObject({
      id: 'first',
      startedAt: at(10),
      deadline: at(70),
      pulls: [42],
      removed: null,
      gone: null,
    });
    expect(entry?.resolved).toMatchObject({
      deadline: '2026-11-22T04:10:00Z',
      accountId: '333344445555',
      repositoryId: REPOSITORY,
    });
    expect(codes(ledger)).toEqual([]);
    expect(ledger).toMatchObject({ position: 1, policyDiverged: false, strays: [] });
  });

  test.each([
    ['signed 20 minutes before the commit', 10, 30, at(70)],
    ['committed 20 minutes before what was signed', 30, 10, at(70)],
    ['both at once', 10, 10, at(70)],
  ])('the deadline is the earlier of Expires-At and commit + duration: %s', (_, signedAt, committedAt, deadline) => {
    const ledger = built((h) => h.merge(committedAt, h.record('first', signedAt), { changes: [h.add('first')] }));
    expect(ledger.grants.get('first')?.deadline).toEqual(deadline);
  });

  const refusals: readonly (readonly [string, string, (h: HistoryBuilder) => void])[] = [
    ['no authorization', 'no valid grant authorization', (h) => h.push({ at: 1, changes: [h.add('first')] })],
    [
      'another content',
      'its content is not what was approved',
      (h) => h.merge(1, h.record('first', 1), { changes: [h.add('first', grantText({ role: 'database-failover' }))] }),
    ],
    [
      'another id',
      'the authorization is for another grant',
      (h) => h.merge(1, h.record('other', 1), { changes: [h.add('first')] }),
    ],
    [
      'another repository',
      'no valid grant authorization',
      (h) => h.merge(1, h.record('first', 1, { repositoryId: 7 }), { changes: [h.add('first')] }),
    ],
    [
      'another policy',
      'under a policy that was no longer in force',
      (h) => h.merge(1, h.record('first', 1, { policies: hash('other') }), { changes: [h.add('first')] }),
    ],
    [
      'another access',
      'the access it names is not what the policy says',
      (h) => h.merge(1, h.record('first', 1, { access: `sha256:${'0'.repeat(64)}` }), { changes: [h.add('first')] }),
    ],
    [
      'another person',
      'the access it names is not what the policy says',
      (h) =>
        h.merge(1, h.record('first', 1, { requester: { login: 'hubot', id: 480938 } }), { changes: [h.add('first')] }),
    ],
    [
      'a stranger',
      'is not in policies/people.yaml',
      (h) => h.merge(1, h.record('first', 1, { requester: { login: 'who', id: 1 } }), { changes: [h.add('first')] }),
    ],
    [
      'an extension in place of a grant',
      'no valid grant authorization',
      (h) => h.merge(1, h.record('first', 1, { kind: 'extension' }), { changes: [h.add('first')] }),
    ],
    [
      'a change in place of a grant',
      'no valid grant authorization',
      (h) => h.merge(1, h.change(h.policies), { changes: [h.add('first')] }),
    ],
    [
      'an executable',
      'not an ordinary file',
      (h) => h.merge(1, h.record('first', 1), { changes: [h.add('first', GRANT, { newMode: '100755' })] }),
    ],
    [
      'a symbolic link',
      'not an ordinary file',
      (h) => h.merge(1, h.record('first', 1), { changes: [h.add('first', GRANT, { newMode: '120000' })] }),
    ],
    [
      'a submodule',
      'not an ordinary file',
      (h) => h.merge(1, h.record('first', 1), { changes: [h.add('first', GRANT, { newMode: '160000' })] }),
    ],
    [
      'an unreadable blob',
      'cannot be read',
      (h) =>
        h.merge(1, h.record('first', 1, { grantBlob: hash('lost') }), {
          changes: [h.add('first', GRANT, { newBlob: hash('lost') })],
        }),
    ],
    [
      "another's key",
      'no valid grant authorization',
      (h) => h.merge(1, h.record('first', 1), { changes: [h.add('first')] }, testKey('example').signer),
    ],
  ];
  test.each(refusals)('grants nothing: %s', (_, why, build) => {
    const ledger = built(build);
    expect(ledger.grants.size).toBe(0);
    expect(ledger.strays).toMatchObject([
      { id: 'first', path: 'grants/first.yaml', reason: expect.stringContaining(why) },
    ]);
    expect(codes(ledger)).toContain('grant-unauthorized');
    expect(ledger.usedIds.has('first')).toBe(true);
  });

  test('one authorization grants one file, not its neighbours in the same commit', () => {
    const ledger = built((h) => h.merge(1, h.record('first', 1), { changes: [h.add('first'), h.add('second')] }));
    expect([...ledger.grants.keys()]).toEqual(['first']);
    expect(ledger.strays.map((one) => one.id)).toEqual(['second']);
  });

  test('grant files of the genesis commit grant nothing', () => {
    const blob = new HistoryBuilder().add('early');
    const ledger = new HistoryBuilder({ changes: [blob] }).ledger();
    expect(ledger.grants.size).toBe(0);
    expect(ledger.strays.map((one) => one.id)).toEqual(['early']);
  });

  test('paths that are not exactly grants/<id>.yaml are nothing', () => {
    const paths = [
      'grants/UPPER.yaml',
      'grants/a/b.yaml',
      'grants/first.yml',
      'Grants/first.yaml',
      'grants/ab.yaml',
      'grants/first.yaml/x',
    ];
    const ledger = built((h) => h.push({ at: 1, changes: paths.map((path) => ({ ...h.add('first'), path })) }));
    expect([ledger.grants.size, ledger.strays.length, ledger.usedIds.size]).toEqual([0, 0, 0]);
  });

  test('an unauthorized edit is ignored and alarmed: the authorized blob governs', () => {
    const ledger = built((h) => {
      h.grant('first', 1);
      h.push({ at: 2, changes: [h.edit('first', grantText({ duration: '8h' }))] });
    });
    expect(ledger.grants.get('first')).toMatchObject({ deadline: at(61), grant: { duration: '1h' } });
    expect(codes(ledger)).toEqual(['grant-edited']);
    expect(ledger.strays).toEqual([]);
  });

  test('a deletion ends it, whoever made it, and only a removal that names it is its record', () => {
    const person = built((h) => {
      h.grant('first', 1);
      h.push({ at: 5, changes: [h.remove('first')] });
    });
    expect(person.grants.get('first')?.removed).toMatchObject({ at: at(5), record: null });
    const app = built((h) => {
      h.grant('first', 1);
      h.grant('second', 2);
      h.merge(5, h.removal('first'), { changes: [h.remove('first'), h.remove('second')] });
    });
    expect(app.grants.get('first')?.removed?.record?.pullRequest).toBe(60);
    expect(app.grants.get('second')?.removed).toMatchObject({ at: at(5), record: null });
  });

  test('the first deletion is the one that counts', () => {
    const ledger = built((h) => {
      h.grant('first', 1);
      h.push({ at: 5, changes: [h.remove('first')] });
      h.push({ at: 6, changes: [h.add('first')] });
      h.push({ at: 7, changes: [h.remove('first')] });
    });
    expect(ledger.grants.get('first')?.removed?.at).toEqual(at(5));
    expect(ledger.strays).toEqual([]);
  });

  test('an id is granted once: a fresh authorization after its end makes a stray', () => {
    const ledger = built((h) => {
      h.grant('first', 1);
      h.push({ at: 5, changes: [h.remove('first')] });
      h.merge(6, h.record('first', 6, { pullRequest: 44 }), { changes: [h.add('first')] });
      h.merge(7, h.extension('first', 1, grantText({ duration: '3h' })), {
        changes: [h.edit('first', grantText({ duration: '3h' }))],
      });
    });
    expect(ledger.grants.get('first')).toMatchObject({ deadline: at(61), pulls: [42], removed: { at: at(5) } });
    expect(ledger.strays.map((one) => one.id)).toEqual(['first']);
  });

  test('an id that a stray used cannot be granted either', () => {
    const ledger = built((h) => {
      h.push({ at: 1, changes: [h.add('first')] });
      h.push({ at: 2, changes: [h.remove('first')] });
      h.grant('first', 3);
    });
    expect(ledger.grants.size).toBe(0);
    expect(ledger.strays).toHaveLength(1);
  });

  test('editing a stray does not make it more', () => {
    const ledger = built((h) => {
      h.push({ at: 1, changes: [h.add('first')] });
      h.merge(2, h.record('first', 2), { changes: [h.edit('first', GRANT)] });
    });
    expect(ledger.grants.size).toBe(0);
    expect(ledger.strays).toHaveLength(1);
  });

  test('a rename is a deletion and an addition: the access ends and nothing is granted', () => {
    const ledger = built((h) => {
      h.grant('first', 1);
      h.push({ at: 2, changes: [h.remove('first'), h.add('second')] });
    });
    expect(ledger.grants.get('first')?.removed).not.toBeNull();
    expect(ledger.grants.has('second')).toBe(false);
  });

  test('the same message in a second commit is a replay', () => {
    const ledger = built((h) => {
      h.grant('first', 1);
      const message = h.commits[1]?.message ?? '';
      h.push({ at: 2, changes: [h.remove('first')] });
      h.push({ at: 3, message, changes: [h.add('first')] });
      h.push({ at: 4, message: message.replace(/^.*\n/, 'Another title\n'), changes: [h.add('third')] });
    });
    expect(codes(ledger)).toEqual([
      'authorization-replayed',
      'grant-unauthorized',
      'authorization-replayed',
      'grant-unauthorized',
    ]);
    expect([...ledger.grants.keys()]).toEqual(['first']);
  });

  test('an authorization is spent even where it authorized nothing', () => {
    const ledger = built((h) => {
      const record = h.record('first', 1);
      h.merge(1, record, { changes: [] });
      h.merge(2, record, { changes: [h.add('first')] });
    });
    expect(ledger.grants.size).toBe(0);
    expect(codes(ledger)).toEqual(['authorization-replayed', 'grant-unauthorized']);
  });

  test('a message that claims an authorization and has none is alarmed', () => {
    expect(codes(built((h) => h.push({ at: 1, message: 'X\n\nAuthorization: ed25519 example AAAA\n' })))).toEqual([
      'authorization-invalid',
    ]);
    expect(codes(built((h) => h.push({ at: 1, message: 'A plain push\n' })))).toEqual([]);
  });
});
