// A merge by the double: the commit it makes, and everything that GitHub refuses and how.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acme, base } from './acme.ts';
import { appClient, type Client, clientWith, read } from './client.ts';
import { createGit } from './git.ts';
import type { GitHubDouble } from './index.ts';

let github: GitHubDouble;
let app: Client;
let number: number;
let head: string;

beforeEach(async () => {
  github = await acme();
  app = await appClient(github);
  head = await github.as('mona').push('request', { 'grants/a.yaml': 'a\n' }, { message: 'Ask\n\nWith a body' });
  number = await github.as('mona').openPull({ head: 'request', title: 'Access' });
});
afterEach(() => github.close());

const judge = (conclusion: string, sha = head) =>
  app('POST', `${base}/check-runs`, { name: 'breakglass', head_sha: sha, conclusion });
const merge = (body: Record<string, unknown> = {}) =>
  app('PUT', `${base}/pulls/${number}/merge`, { merge_method: 'squash', sha: head, ...body });
const commit = async (sha: string) => {
  const found = await createGit(github.bare).commit(sha);
  if (!found) throw new Error(`no commit ${sha}`);
  return found;
};

describe('a squash merge', () => {
  test('is one commit on the tip of the base with exactly the message that was given', async () => {
    await judge('success');
    const tip = await github.as('root').push('main', { 'other.txt': 'other\n' });
    const message = 'Format: 1\nKind: grant\n\nLast: line';

    const { status, body } = await merge({ commit_title: 'Grant (#1)', commit_message: message });

    expect(status).toBe(200);
    const made = await commit(read(body, 'sha'));
    expect(made.message).toBe(`Grant (#1)\n\n${message}`);
    expect(made.parents).toEqual([tip]);
    expect(made.author).toMatchObject({ name: 'mona', email: '583231+mona@users.noreply.github.com' });
    expect(made.committer).toMatchObject({ name: 'GitHub', email: 'noreply@github.com' });
    const files = await createGit(github.bare).run(['ls-tree', '-r', '--name-only', made.sha]);
    expect(files.trim().split('\n')).toEqual(['README.md', 'grants/a.yaml', 'other.txt']);
  });

  test('without a message has the one of its only commit', async () => {
    await judge('success');
    expect((await commit(read((await merge()).body, 'sha'))).message).toBe(`Ask (#${number})\n\nWith a body`);
  });

  test('of several commits is named for the pull request and lists them', async () => {
    head = await github.as('mona').push('request', { 'grants/a.yaml': 'b\n' }, { message: 'Again' });
    await judge('success');
    const { message } = await commit(read((await merge()).body, 'sha'));
    expect(message).toBe(`Access (#${number})\n\n* Ask\n\nWith a body\n\n* Again`);
  });

  test('closes the pull request, tells the webhooks and stands in the activity log', async () => {
    await judge('success');
    const sha = read((await merge()).body, 'sha');

    const pull = (await app('GET', `${base}/pulls/${number}`)).body;
    expect(pull).toMatchObject({ state: 'closed', merged: true, merge_commit_sha: sha, changed_files: 1 });
    expect(read(pull, 'merged_by.login')).toBe('breakglass[bot]');
    const [activity] = (await app('GET', `${base}/activity?ref=refs/heads/main`)).body as object[];
    expect(activity).toMatchObject({ activity_type: 'pr_merge', after: sha, actor: { login: 'breakglass[bot]' } });
    const sent = github.webhooks.deliveries.slice(-3).map(({ event, action }) => [event, action]);
    expect(sent).toEqual([
      ['pull_request', 'closed'],
      ['push', null],
      ['check_suite', 'requested'],
    ]);
  });
});

test('a merge commit has two parents, a rebase none of them but the base', async () => {
  await judge('success');
  const tip = github.repository.genesis;
  const merged = await commit(read((await merge({ merge_method: 'merge' })).body, 'sha'));
  expect(merged.parents).toEqual([tip, head]);
  expect(merged.message).toBe(`Merge pull request #${number} from acme/request\n\nAccess`);

  head = await github.as('mona').push('second', { 'grants/b.yaml': 'b\n' }, { base: tip, message: 'Second' });
  number = await github.as('mona').openPull({ head: 'second' });
  await judge('success');
  const rebased = await commit(read((await merge({ merge_method: 'rebase' })).body, 'sha'));
  expect(rebased).toMatchObject({ parents: [merged.sha], message: 'Second\n' });
});

describe('is refused', () => {
  const rules = (sentence: string) => `Repository rule violations found\n\n${sentence}\n\n`;

  test('with 409 when the head is not the one that was named', async () => {
    await judge('success');
    const { status, body } = await merge({ sha: github.repository.genesis });
    expect([status, read(body, 'message')]).toEqual([409, 'Head branch was modified. Review and try the merge again.']);
  });

  test('without the required check', async () => {
    const { status, body } = await merge();
    expect([status, read(body, 'message')]).toEqual([405, rules('Required status check "breakglass" is expected.')]);
  });

  test.each([
    ['action_required', 'Required status check "breakglass" is failing.'],
    ['failure', 'Required status check "breakglass" is failing.'],
  ])('while the check says %s', async (conclusion, sentence) => {
    await judge('success');
    await judge(conclusion);
    const { status, body } = await merge();
    expect([status, read(body, 'message')]).toEqual([405, rules(sentence)]);
  });

  test('when the check is of another app or a commit status of the same name', async () => {
    const other = clientWith(github, github.otherApp.token);
    await other('POST', `${base}/check-runs`, { name: 'breakglass', head_sha: head, conclusion: 'success' });
    await github.as('mona').request('POST', `${base}/statuses/${head}`, { state: 'success', context: 'breakglass' });
    const { status, body } = await merge();
    const sentence = 'Required status check "breakglass" was not set by the expected GitHub app.';
    expect([status, read(body, 'message')]).toEqual([405, rules(sentence)]);
  });

  test('when the check belongs to an earlier head', async () => {
    await judge('success');
    head = await github.as('mona').push('request', { 'grants/a.yaml': 'other\n' });
    expect((await merge()).status).toBe(405);
  });

  test('as a draft, with a conflict, closed, or merged already', async () => {
    const mona = github.as('mona');
    await judge('success');
    await mona.closePull(number);
    expect(await merge()).toMatchObject({ status: 405, body: { message: 'Pull Request is not mergeable' } });
    await mona.reopenPull(number);
    await github.as('root').push('main', { 'grants/a.yaml': 'another\n' });
    expect(await merge()).toMatchObject({ status: 405, body: { message: 'Pull Request is not mergeable' } });

    head = await mona.push('draft', { 'grants/d.yaml': 'd\n' });
    number = await mona.openPull({ head: 'draft', draft: true });
    await judge('success');
    expect(await merge()).toMatchObject({ status: 405, body: { message: 'Pull Request is still a draft' } });

    head = await mona.push('good', { 'grants/g.yaml': 'g\n' });
    number = await mona.openPull({ head: 'good' });
    await judge('success');
    expect((await merge()).status).toBe(200);
    expect(await merge()).toMatchObject({ status: 405, body: { message: 'Pull Request is not mergeable' } });
  });

  test('as often as asked because the base was modified', async () => {
    await judge('success');
    github.faults.baseModified(2);
    const message = 'Base branch was modified. Review and try the merge again.';
    expect(await merge()).toMatchObject({ status: 405, body: { message } });
    expect(await merge()).toMatchObject({ status: 405, body: { message } });
    expect((await merge()).status).toBe(200);
  });

  test('to people whom no ruleset lets past, and not to administrators', async () => {
    await expect(github.as('mona').mergeByHand(number)).rejects.toThrow('is expected');
    expect(await github.as('root').mergeByHand(number, { title: 'By hand' })).toMatch(/^[0-9a-f]{40}$/);
  });

  test('under a rule that only the app may update the branch', async () => {
    const bypass = [
      { actor_id: github.app.id, actor_type: 'Integration' as const, bypass_mode: 'pull_request' as const },
    ];
    github.rulesets.add({ name: 'Only the app', bypass, rules: [{ type: 'update' }] });
    await judge('success');
    await expect(github.as('mona').mergeByHand(number)).rejects.toThrow('Cannot update this protected ref.');
    expect((await merge()).status).toBe(200);
  });

  test('until enough writers have approved, where a rule wants that', async () => {
    const parameters = {
      required_approving_review_count: 1,
      dismiss_stale_reviews_on_push: false,
      require_code_owner_review: false,
      require_last_push_approval: false,
      required_review_thread_resolution: false,
    };
    github.rulesets.add({ name: 'Reviewed', bypass: [], rules: [{ type: 'pull_request', parameters }] });
    await judge('success');
    await github.as('reader').review(number, { event: 'APPROVE' });
    expect(read((await merge()).body, 'message')).toContain('At least 1 approving review is required');
    await github.as('boss').review(number, { event: 'APPROVE' });
    expect((await merge()).status).toBe(200);
  });
});
