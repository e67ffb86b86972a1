// Which policy and which keys are in force: only what the owners authorized, chained to the configured root.
import { describe, expect, test } from 'vitest';
import { testKey } from '../record/record-cases.ts';
import { at, alarmCodes as codes, grantText, HistoryBuilder, hash } from './history-builder.ts';

describe('policy', () => {
  const laxer = { 'rules.yaml': (text: string) => text.replace('max_duration: 2h', 'max_duration: 4h') };
  const broken = { 'rules.yaml': () => 'rules: nonsense\n' };

  test("an owners' change comes into force with its commit, and grants are judged under it from then on", () => {
    const h = new HistoryBuilder();
    const tree = h.policy(laxer);
    const sha = h.merge(1, h.change(tree), { policiesTree: tree });
    h.merge(2, h.record('first', 2, { tree }), { changes: [h.add('first')] });
    h.merge(3, h.record('second', 3), { changes: [h.add('second')] });
    const ledger = h.ledger();
    expect(ledger.policy).toMatchObject({ tree, commit: sha });
    expect(ledger.policy.value.rules[0]?.maxSeconds).toBe(4 * 3600);
    expect([...ledger.grants.keys()]).toEqual(['first']);
    expect(ledger.strays[0]?.reason).toContain('no longer in force');
  });

  test('a grant in the very commit of a change is judged under the policy before', () => {
    const h = new HistoryBuilder();
    const tree = h.policy(laxer);
    h.merge(1, h.change(tree), { policiesTree: tree, changes: [h.add('first')] });
    expect(h.ledger()).toMatchObject({ policy: { tree }, strays: [{ id: 'first' }] });
  });

  test('a push that changes policies/ gains nothing, is alarmed once, and grants go on under the last good policy', () => {
    const h = new HistoryBuilder();
    h.push({ at: 1, policiesTree: h.policy(laxer) });
    h.push({ at: 2 });
    h.grant('first', 3);
    const ledger = h.ledger();
    expect(ledger).toMatchObject({ policyDiverged: true, policy: { tree: h.policies } });
    expect(ledger.grants.has('first')).toBe(true);
    expect(codes(ledger)).toEqual(['policy-unauthorized']);
  });

  test('putting it back is no change and needs nobody', () => {
    const h = new HistoryBuilder();
    h.push({ at: 1, policiesTree: h.policy(laxer) });
    h.push({ at: 2, policiesTree: h.policies });
    expect(h.ledger()).toMatchObject({ policyDiverged: false });
    expect(codes(h.ledger())).toEqual(['policy-unauthorized']);
  });

  test.each<readonly [string, (h: HistoryBuilder, tree: string) => void]>([
    ['an approval of another tree', (h, tree) => h.merge(1, h.change(hash('other')), { policiesTree: tree })],
    [
      'a grant as authorization',
      (h, tree) => h.merge(1, h.record('first', 1, { policies: tree }), { policiesTree: tree }),
    ],
    [
      "another repository's change",
      (h, tree) => h.merge(1, h.change(tree, { repositoryId: 7 }), { policiesTree: tree }),
    ],
    ["a stranger's key", (h, tree) => h.merge(1, h.change(tree), { policiesTree: tree }, testKey('example').signer)],
    ['no policies/ at all', (h) => h.merge(1, h.change(hash('none')), { policiesTree: null })],
  ])('stays as it was: %s', (_, build) => {
    const h = new HistoryBuilder();
    build(h, h.policy(laxer));
    expect(h.ledger()).toMatchObject({ policyDiverged: true, policy: { tree: h.policies } });
    expect(codes(h.ledger())).toContain('policy-unauthorized');
  });

  test('an old approval cannot bring an old policy back', () => {
    const h = new HistoryBuilder();
    const lax = h.policy(laxer);
    h.merge(1, h.change(lax), { policiesTree: lax });
    h.merge(2, h.change(h.policies, { pullRequest: 51 }), { policiesTree: h.policies });
    h.push({ at: 3, message: h.commits[1]?.message ?? '', policiesTree: lax });
    expect(h.ledger().policy.tree).toBe(h.policies);
    expect(codes(h.ledger())).toEqual(['authorization-replayed', 'policy-unauthorized']);
  });

  test('an approved policy that does not parse is alarmed with the place, and the last good one stays', () => {
    const h = new HistoryBuilder();
    const tree = h.policy(broken);
    h.merge(1, h.change(tree), { policiesTree: tree });
    expect(h.ledger()).toMatchObject({ policyDiverged: true, policy: { tree: h.policies } });
    expect(h.ledger().alarms).toMatchObject([
      { code: 'policy-unreadable', message: expect.stringMatching(/policies\/rules\.yaml:\d+:\d+/) },
    ]);
  });

  test('a policy change never widens a live grant', () => {
    const h = new HistoryBuilder();
    h.grant('first', 1);
    const before = h.ledger().grants.get('first');
    const tree = h.policy({
      'roles.yaml': (text) =>
        text.replace('ReadOnlyAccess', 'PowerUserAccess').replace('guards: [no-persistence, no-hiding]', 'guards: []'),
    });
    h.merge(2, h.change(tree), { policiesTree: tree });
    expect(h.ledger().policy.tree).toBe(tree);
    expect(h.ledger().grants.get('first')).toEqual(before);
  });

  test('what a grant stands on disappears: it ends, and stays ended when that comes back', () => {
    const h = new HistoryBuilder();
    h.grant('first', 1);
    const without = h.policy({
      'people.yaml': (text) => text.replace('id: 583231, aws: 906712abcd-1b', 'id: 583231, aws: 906712abcd-ff'),
    });
    const sha = h.merge(2, h.change(without), { policiesTree: without });
    h.merge(3, h.change(h.policies, { pullRequest: 51 }), { policiesTree: h.policies });
    const longer = grantText({ duration: '2h' });
    h.merge(4, h.extension('first', 1, longer), { changes: [h.edit('first', longer)] });
    const ledger = h.ledger();
    expect(ledger.grants.get('first')).toMatchObject({
      gone: { commit: sha, at: at(2), what: '@octocat' },
      deadline: at(61),
    });
    expect(ledger.alarms).toMatchObject([{ code: 'grant-edited', message: expect.stringContaining('had ended') }]);
  });
});

describe('keys', () => {
  const next = testKey('next');
  const rotated = (h: HistoryBuilder, last: number) =>
    h.policy({
      'keys.yaml': () =>
        `- { id: example, key: ${h.key.key.key}, first: 0, last: ${last} }\n- { id: next, key: ${next.key.key}, first: ${last + 1} }\n`,
    });

  test('a new key signs after an authorized change, each within its span', () => {
    const h = new HistoryBuilder();
    const tree = rotated(h, 2);
    h.merge(1, h.change(tree), { policiesTree: tree });
    const grant = (id: string, minutes: number, signer = h.key.signer) =>
      h.merge(minutes, h.record(id, minutes, { tree }), { changes: [h.add(id)] }, signer);
    grant('old-key-in-span', 2);
    grant('old-key-too-late', 3);
    grant('new-key-in-span', 4, next.signer);
    const ledger = h.ledger();
    expect([...ledger.grants.keys()]).toEqual(['old-key-in-span', 'new-key-in-span']);
    expect(ledger.alarms[0]).toMatchObject({
      code: 'authorization-invalid',
      message: expect.stringContaining('may not sign at ledger position 3'),
    });
  });

  test('the new key before its span, and a key that only a push brought, sign nothing', () => {
    const h = new HistoryBuilder();
    const tree = rotated(h, 2);
    h.merge(1, h.change(tree), { policiesTree: tree });
    h.merge(2, h.record('too-early', 2, { tree }), { changes: [h.add('too-early')] }, next.signer);
    expect(h.ledger().grants.size).toBe(0);
    const pushed = new HistoryBuilder();
    pushed.push({ at: 1, policiesTree: rotated(pushed, 0) });
    pushed.merge(2, pushed.record('first', 2), { changes: [pushed.add('first')] }, next.signer);
    expect(pushed.ledger().grants.size).toBe(0);
  });

  test('a change cannot be signed by the key that it brings', () => {
    const h = new HistoryBuilder();
    const tree = rotated(h, 0);
    h.merge(1, h.change(tree), { policiesTree: tree }, next.signer);
    expect(h.ledger().policy.tree).toBe(h.policies);
  });
});

describe('the root', () => {
  const refused = (h: HistoryBuilder, root = h.root) => {
    const folded = h.fold(root);
    return folded.kind === 'no-root' ? folded.reason : folded.kind;
  };

  test('a genesis policy with a key that is not configured', () => {
    const h = new HistoryBuilder();
    expect(refused(h, { ...h.root, fingerprints: ['0'.repeat(64)] })).toContain('key "example" of the genesis policy');
    expect(refused(h, { ...h.root, fingerprints: [] })).toContain('not among the configured fingerprints');
  });

  test('one key too many is refused as well', () => {
    const { key } = testKey('second');
    const h = new HistoryBuilder({
      edit: { 'keys.yaml': (text) => `${text}- { id: second, key: ${key.key}, first: 0 }\n` },
    });
    expect(refused(h)).toContain('key "second"');
  });

  test('another genesis, none of a policy, and one that does not parse', () => {
    const h = new HistoryBuilder();
    expect(refused(h, { ...h.root, genesis: hash('other') })).toContain('does not begin at the configured genesis');
    expect(refused(new HistoryBuilder({ edit: { 'rules.yaml': () => 'nonsense\n' } }))).toContain(
      'the genesis policy does not parse: policies/rules.yaml',
    );
    const without = new HistoryBuilder();
    without.commits[0] = { ...(without.commits[0] ?? expect.fail()), policiesTree: null };
    expect(refused(without)).toContain('has no policies/ folder');
  });
});
