// The check run `breakglass`: read by name, told apart by App, created once for a head, updated when its content differs.
import { createHash } from 'node:crypto';
import type { Connection } from './octokit-connection.ts';
import { everyPage, nextUrl } from './octokit-pages.ts';
import { toCheckRun, toForeignCheck } from './octokit-shapes.ts';
import type { CheckContent, CheckRun, GitHub } from './port.ts';

export const CHECK_NAME = 'breakglass';

export const checkVerbs = (connection: Connection): Pick<GitHub, 'checkRuns' | 'setCheck'> => ({
  checkRuns: (sha) => checkRuns(connection, sha),
  setCheck: (sha, existing, content) => setCheck(connection, sha, { existing, content }),
});

/**
 * All apps' runs of the name in one request, told apart by App: anything with `checks: write` may create one, and so does
 * a workflow with a job of that name. Where there are more than a page of them, ours are asked for by themselves, so that
 * nobody can make the app read thousands of theirs whenever it looks for its own.
 */
const checkRuns = async (connection: Connection, sha: string): ReturnType<GitHub['checkRuns']> => {
  const { client, at, per_page, app } = connection;
  const filter = { ...at, ref: sha, check_name: CHECK_NAME, filter: 'latest', per_page } as const;
  const { data, headers } = await client.rest.checks.listForRef(filter);
  const all = runsIn(data).filter((run) => run.name === CHECK_NAME);
  const isOurs = (run: (typeof all)[number]) => run.app?.id === app.id && run.name === CHECK_NAME;
  const isWhole = nextUrl(headers.link) === undefined;
  const ours = isWhole
    ? all
    : await everyPage(client, client.rest.checks.listForRef({ ...filter, app_id: app.id }), (page) => runsIn(page));
  return {
    own: ours.filter(isOurs).map(toCheckRun),
    foreign: all.filter((run) => !isOurs(run)).map(toForeignCheck),
  };
};

const runsIn = <Run>(data: { readonly check_runs: readonly Run[] }): readonly Run[] => {
  if (!Array.isArray(data.check_runs)) throw new Error('GitHub answered something else than a list of check runs');
  return data.check_runs;
};

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
