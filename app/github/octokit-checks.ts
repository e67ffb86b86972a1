// The check run `breakglass`: read by name and App, created once for a head, updated when its content differs.
import { createHash } from 'node:crypto';
import type { Connection } from './octokit-connection.ts';
import { everyPage } from './octokit-pages.ts';
import { toCheckRun } from './octokit-shapes.ts';
import type { CheckContent, CheckRun, GitHub } from './port.ts';

export const CHECK_NAME = 'breakglass';

export const checkVerbs = (connection: Connection): Pick<GitHub, 'ownCheckRuns' | 'setCheck'> => ({
  ownCheckRuns: async (sha) => {
    const { client, at, per_page, app } = connection;
    // Pinned to the App: anything with `checks: write` may create a run of this name.
    const filter = { check_name: CHECK_NAME, app_id: app.id, filter: 'latest', per_page } as const;
    const first = client.rest.checks.listForRef({ ...at, ref: sha, ...filter });
    const runs = await everyPage(client, first, (data) => runsIn(data));
    return runs.filter((run) => run.app?.id === app.id && run.name === CHECK_NAME).map(toCheckRun);
  },
  setCheck: (sha, existing, content) => setCheck(connection, sha, { existing, content }),
});

const runsIn = <Run>(data: { readonly check_runs: readonly Run[] }): readonly Run[] => data.check_runs;

const setCheck = async (
  { client, at }: Connection,
  sha: string,
  { existing, content }: { readonly existing: CheckRun | undefined; readonly content: CheckContent },
): Promise<void> => {
  const digest = digestOf(content);
  if (existing !== undefined && isSame(existing, content, digest)) return;
  const shown = {
    name: CHECK_NAME,
    status: 'completed' as const,
    conclusion: content.conclusion,
    external_id: digest,
    output: {
      title: content.title,
      summary: clip(content.summary),
      ...(content.details === undefined ? {} : { text: clip(content.details) }),
    },
  };
  if (existing === undefined) await client.rest.checks.create({ ...at, head_sha: sha, ...shown });
  else await client.rest.checks.update({ ...at, check_run_id: existing.id, ...shown });
};

/** By our digest, since GitHub may give the text back a little different, and would then be written to for ever. */
const isSame = (existing: CheckRun, content: CheckContent, digest: string): boolean =>
  existing.status === 'completed' && existing.conclusion === content.conclusion && existing.externalId === digest;

const digestOf = (content: CheckContent): string =>
  createHash('sha256')
    .update(JSON.stringify([content.conclusion, content.title, content.summary]))
    .digest('hex');

/** GitHub refuses longer ones with 422. */
const LONGEST_TEXT = 65_535;

const clip = (text: string): string => (text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT - 2)}\n…`);
