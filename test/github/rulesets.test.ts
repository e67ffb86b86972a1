// The rules of a branch as GitHub lists them: all pages, and whom each required check is pinned to.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { API, APP_ID, connected, intercept, isolate, REPO, release } from './connection.ts';

beforeEach(isolate);
afterEach(release);

const PATH = `${REPO}/rules/branches/main`;

it('branchRules are read to the last page, each with the checks that it asks for', async () => {
  const checks = [{ context: 'breakglass', integration_id: APP_ID }, { context: 'lint' }];
  intercept()
    .get(`${PATH}?per_page=100`)
    .reply(
      200,
      [{ type: 'deletion' }, { type: 'pull_request', parameters: { dismiss_stale_reviews_on_push: false } }],
      {
        link: `<${API}${PATH}?per_page=100&page=2>; rel="next"`,
      },
    )
    .get(`${PATH}?per_page=100&page=2`)
    .reply(200, [{ type: 'required_status_checks', parameters: { required_status_checks: checks } }]);
  expect(await connected().branchRules('main')).toEqual([
    { type: 'deletion', checks: [] },
    { type: 'pull_request', checks: [] },
    {
      type: 'required_status_checks',
      checks: [
        { context: 'breakglass', appId: APP_ID },
        { context: 'lint', appId: null },
      ],
    },
  ]);
});

it.each([403, 404])('throws after a %i, which says nothing of the rules', async (status) => {
  intercept().get(`${PATH}?per_page=100`).reply(status, { message: 'Upgrade to GitHub Pro' });
  await expect(connected().branchRules('main')).rejects.toMatchObject({ status });
});
