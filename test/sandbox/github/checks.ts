// The routes of check runs and check suites; only apps make them, each its own.

import { actor, type Principal } from './auth.ts';
import { autoMerge } from './auto-merge.ts';
import { checkRunView, fullSuiteView } from './check-view.ts';
import { checkRunEvent, simpleCommit } from './events.ts';
import { list, numberParam, param, record, requiredText, text } from './input.ts';
import { paged, pagedList } from './page.ts';
import { created, forbidden, invalid, notFound, ok, type Reply, refusal } from './reply.ts';
import { type Call, type Route, reads, repo, route, writes } from './router.ts';
import { type CheckRun, type CheckSuite, type Registration, type Schema, stamp, type World } from './world.ts';

const one = '/check-runs/{check_run_id}';

export const checkRoutes: readonly Route[] = [
  route('POST', repo('/check-runs'), writes('checks'), createRun),
  route('GET', repo(one), reads('checks'), (call) => ok(checkRunView(call.world, runOf(call)))),
  route('PATCH', repo(one), writes('checks'), updateRun),
  route('GET', repo(`${one}/annotations`), reads('checks'), (call) =>
    pagedList(call, runOf(call).annotations, (item) => item),
  ),
  route('POST', repo(`${one}/rerequest`), writes('checks'), (call) => {
    checkRunEvent(call.world, actor(call.principal), 'rerequested', runOf(call));
    return created({});
  }),
  route('GET', repo('/commits/{ref}/check-runs'), reads('checks'), listRuns),
  route('GET', repo('/commits/{ref}/check-suites'), reads('checks'), listSuites),
  route('GET', repo('/check-suites/{check_suite_id}'), reads('checks'), async (call) =>
    ok(await suiteReply(call.world, suiteOf(call))),
  ),
];

async function createRun(call: Call): Promise<Reply> {
  const { world } = call;
  const app = appOf(call.principal);
  const name = requiredText(call, 'CheckRun', 'name');
  const headSha = requiredText(call, 'CheckRun', 'head_sha');
  if (!/^[0-9a-f]{40}$/.test(headSha) || !(await world.git.commit(headSha))) {
    throw refusal(422, `No commit found for SHA: ${headSha}`);
  }
  const suite = suiteFor(world, app, headSha);
  const run: CheckRun = {
    id: world.nextId(),
    suite,
    name,
    status: 'queued',
    conclusion: null,
    externalId: null,
    detailsUrl: null,
    startedAt: stamp(world),
    completedAt: null,
    output: { title: null, summary: null, text: null },
    annotations: [],
  };
  apply(call, run);
  world.checks.set(run.id, run);
  const action = run.status === 'completed' ? 'completed' : 'created';
  checkRunEvent(world, app.bot, 'created', run);
  if (action === 'completed') checkRunEvent(world, app.bot, 'completed', run);
  if (run.conclusion === 'success') await autoMerge(call, headSha);
  return created(checkRunView(world, run));
}

async function updateRun(call: Call): Promise<Reply> {
  const app = appOf(call.principal);
  const run = runOf(call);
  if (run.suite.app !== app) {
    const rest = 'check run can only be modified by the GitHub App that created it.';
    throw forbidden(`Invalid app_id \`${app.id}\` - ${rest}`);
  }
  const before = run.status;
  apply(call, run);
  if (run.status === 'completed' && before !== 'completed') checkRunEvent(call.world, app.bot, 'completed', run);
  if (run.conclusion === 'success') await autoMerge(call, run.suite.headSha);
  return ok(checkRunView(call.world, run));
}

/** A person's token makes no checks, whatever the person may do. */
function appOf(principal: Principal): Registration {
  if (principal.kind === 'installation') return principal.registration;
  throw forbidden('You must authenticate via a GitHub App.');
}

const conclusions = ['success', 'failure', 'neutral', 'cancelled', 'skipped', 'timed_out', 'action_required'] as const;

function apply(call: Call, run: CheckRun): void {
  const conclusion = conclusions.find((known) => known === text(call, 'conclusion'));
  if (text(call, 'conclusion') !== undefined && !conclusion) {
    throw invalid({ resource: 'CheckRun', field: 'conclusion', code: 'invalid' });
  }
  const output = readOutput(call);
  const status = conclusion ? 'completed' : text(call, 'status');
  if (status === 'completed' && !conclusion) {
    throw invalid({ resource: 'CheckRun', field: 'conclusion', code: 'missing_field' });
  }
  if (status === 'queued' || status === 'in_progress' || status === 'completed') {
    run.status = status;
    run.conclusion = conclusion ?? null;
    run.completedAt = conclusion ? (text(call, 'completed_at') ?? stamp(call.world)) : null;
  }
  run.name = text(call, 'name') ?? run.name;
  run.externalId = text(call, 'external_id') ?? run.externalId;
  run.detailsUrl = text(call, 'details_url') ?? run.detailsUrl;
  run.startedAt = text(call, 'started_at') ?? run.startedAt;
  if (!output) return;
  run.output = output.shown;
  run.annotations.push(...output.annotations);
}

function readOutput(call: Call) {
  if (call.body.output === undefined) return undefined;
  const given = record(call.body.output);
  const shown = { title: optional(given.title), summary: optional(given.summary), text: optional(given.text) };
  for (const field of ['summary', 'text'] as const) {
    if ((shown[field]?.length ?? 0) <= 65_535) continue;
    const message = `${field} exceeds a maximum bytesize of 65535`;
    throw invalid({ resource: 'CheckRun', field, code: 'custom', message });
  }
  if (list(given.annotations).length > 50) {
    throw invalid({ resource: 'CheckRun', field: 'annotations', code: 'invalid' });
  }
  return { shown, annotations: list(given.annotations).map((item) => annotationView(record(item))) };
}

const optional = (value: unknown): string | null => (typeof value === 'string' ? value : null);

const annotationView = (given: Readonly<Record<string, unknown>>): Schema<'check-annotation'> => ({
  path: String(given.path),
  start_line: Number(given.start_line),
  end_line: Number(given.end_line),
  start_column: given.start_column === undefined ? null : Number(given.start_column),
  end_column: given.end_column === undefined ? null : Number(given.end_column),
  annotation_level: optional(given.annotation_level),
  title: optional(given.title),
  message: optional(given.message),
  raw_details: optional(given.raw_details),
  blob_href: '',
});

async function listRuns(call: Call): Promise<Reply> {
  const { world, query } = call;
  const sha = await commitOf(call);
  const name = query.get('check_name');
  const appId = query.get('app_id');
  const status = query.get('status');
  const matching = [...world.checks.values()].filter(
    (run) =>
      run.suite.headSha === sha &&
      (name === null || run.name === name) &&
      (appId === null || run.suite.app.id === Number(appId)) &&
      (status === null || run.status === status),
  );
  const runs = (query.get('filter') === 'all' ? matching : latest(matching)).reverse();
  return paged(call, runs, (page) => ({
    total_count: runs.length,
    check_runs: page.map((run) => checkRunView(world, run)),
  }));
}

/** GitHub shows the newest run of each name and app unless asked for all. */
const latest = (runs: readonly CheckRun[]): CheckRun[] => [
  ...new Map(runs.map((run) => [`${run.suite.app.id} ${run.name}`, run])).values(),
];

async function listSuites(call: Call): Promise<Reply> {
  const sha = await commitOf(call);
  const appId = call.query.get('app_id');
  const suites = [...call.world.suites.values()].filter(
    (suite) => suite.headSha === sha && (appId === null || suite.app.id === Number(appId)),
  );
  const views = await Promise.all(suites.map((suite) => suiteReply(call.world, suite)));
  return paged(call, views, (page) => ({ total_count: views.length, check_suites: page }));
}

async function suiteReply(world: World, suite: CheckSuite) {
  const commit = await world.git.commit(suite.headSha);
  if (!commit) throw notFound();
  return fullSuiteView(world, suite, simpleCommit(commit));
}

function suiteFor(world: World, app: Registration, headSha: string): CheckSuite {
  const known = [...world.suites.values()].find((suite) => suite.app === app && suite.headSha === headSha);
  if (known) return known;
  const suite = { id: world.nextId(), app, headSha, headBranch: null, createdAt: stamp(world) };
  world.suites.set(suite.id, suite);
  return suite;
}

export async function commitOf(call: Call): Promise<string> {
  const sha = await call.world.git.resolve(param(call, 'ref').replace(/^(heads|tags)\//, 'refs/$1/'));
  if (!sha) throw refusal(422, `No commit found for SHA: ${param(call, 'ref')}`);
  return sha;
}

function runOf(call: Call): CheckRun {
  const run = call.world.checks.get(numberParam(call, 'check_run_id'));
  if (!run) throw notFound();
  return run;
}

function suiteOf(call: Call): CheckSuite {
  const suite = call.world.suites.get(numberParam(call, 'check_suite_id'));
  if (!suite) throw notFound();
  return suite;
}
