// The play: one grant whose deadline passes while the app is dead, and a second one whose deadline the app sees itself.
import type { AppProcess } from './app.ts';
import type { Session } from './aws/index.ts';
import type { Narrator } from './demo-narrator.ts';
import { audit, freshClone, type RemovalProof } from './demo-record.ts';
import type { Scene } from './demo-scene.ts';
import { until } from './index.ts';

export type Stage = { readonly scene: Scene; readonly tell: Narrator; readonly startApp: () => Promise<AppProcess> };

export type Measured = {
  readonly approveToMergeMs: number;
  readonly mergeToGrantedMs: number;
  readonly deadlineToRemovedMs: number;
  readonly allowedBefore: boolean;
  readonly allowedAfter: boolean;
  readonly removalProof: RemovalProof;
  readonly gitLog: readonly string[];
  readonly authorizationsVerified: number;
};

const ACTION = 'rds:FailoverDBCluster';
const FIRST = { id: 'payments-db-down', seconds: 15 };
const SECOND = { id: 'web-logs', seconds: 10 };

export async function play(stage: Stage): Promise<{ readonly measured: Measured; readonly app: AppProcess }> {
  const first = await stage.startApp();
  stage.tell.step('The app runs. octocat is on call, and the payments database refuses connections.');
  const requested = await request(stage);
  await ownApproval(stage, requested);
  const approved = await approve(stage, requested);
  const granted = await becomesActive(stage, requested, approved.mergedAt);
  await first.kill();
  stage.tell.step(
    'kill -9: the app is dead, and stays so past the deadline. Nobody is there to take anything away.',
    'bad',
  );
  const allowedAfter = await deadlinePasses(stage, requested, granted.session);
  const app = await stage.startApp();
  stage.tell.step('The app is started again. It reads the ledger, destroys the stack, and asks AWS for proof.');
  await becomesRemoved(stage, requested, FIRST.id);
  const deadlineToRemovedMs = await secondGrant(stage);
  const { proof, gitLog, verified } = await readTheRecord(stage);
  const measured = {
    approveToMergeMs: approved.tookMs,
    mergeToGrantedMs: granted.tookMs,
    deadlineToRemovedMs,
    allowedBefore: granted.allowed,
    allowedAfter,
    removalProof: proof,
    gitLog,
    authorizationsVerified: verified,
  };
  return { measured, app };
}

async function request({ scene, tell }: Stage): Promise<number> {
  const file = `grants/${FIRST.id}.yaml`;
  const yaml = grantFile({
    account: 'prod-payments',
    role: 'admin',
    duration: `${FIRST.seconds}s`,
    reason: 'Primary database refuses connections',
    incident: 'INC-1234',
  });
  await scene.pushed(FIRST.id, { [file]: yaml });
  const number = await scene.sandbox.github
    .as('octocat')
    .openPull({ head: FIRST.id, title: 'Payments database is down' });
  tell.step(`octocat opens pull request #${number}, which adds ${file}:`);
  tell.quote(`\`\`\`\n${yaml}\`\`\``);
  const check = await until(`the check run of #${number} waits for approval`, async () => {
    const found = await scene.check(number);
    return found?.conclusion === 'action_required' ? found : null;
  });
  const comment = await saying(scene, number, '/approve-emergency');
  tell.step(`The app has judged it. Check run "breakglass": ${check.conclusion}. Its comment:`);
  tell.quote(comment);
  sayWhatAwsAllows(tell, scene, 'denied');
  return number;
}

async function ownApproval({ scene, tell }: Stage, number: number): Promise<void> {
  await scene.sandbox.github.as('octocat').comment(number, '/approve-emergency');
  tell.step('octocat, in a hurry, tries to approve it alone: /approve-emergency');
  const comment = await saying(scene, number, 'Not counted');
  const why = comment.split('\n').find((line) => line.startsWith('- `octocat`')) ?? '';
  tell.quote(`Not counted:\n${why}`);
  expect('the request is not merged by its own requester', !(await scene.pull(number)).merged);
}

async function approve({ scene, tell }: Stage, number: number) {
  const asked = Date.now();
  await scene.sandbox.github.as('hubot-boss').comment(number, '/approve-emergency');
  tell.step('hubot-boss, an incident commander, comments /approve-emergency.');
  await until(`#${number} is merged`, async () => (await scene.pull(number)).merged);
  const mergedAt = Date.now();
  const check = await scene.check(number);
  expect('the check run is green when the app merges', check?.conclusion === 'success');
  const deadline = new Date(await scene.recorded(number, 'Expires-At'));
  tell.step(
    `The app has merged it, ${ms(mergedAt - asked)} after the comment. The merge commit carries the signed deadline: ${clock(deadline)}.`,
    'good',
  );
  return { mergedAt, tookMs: mergedAt - asked };
}

async function becomesActive({ scene, tell }: Stage, number: number, mergedAt: number) {
  const comment = await saying(scene, number, 'Active until');
  const tookMs = Date.now() - mergedAt;
  tell.step(`Pulumi has made the access and AWS confirms it, ${ms(tookMs)} after the merge. The comment now:`, 'good');
  tell.quote(comment);
  const { allowed } = sayWhatAwsAllows(tell, scene, 'allowed');
  tell.note('octocat signs in at AWS and gets to work; that session is open for an hour.');
  return { allowed, tookMs, session: scene.signIn() };
}

/** AWS alone: the policy of the role itself denies everything from the deadline on. */
async function deadlinePasses({ scene, tell }: Stage, number: number, session: Session): Promise<boolean> {
  const deadline = new Date(await scene.recorded(number, 'Expires-At')).getTime();
  tell.note(`${Math.round((deadline - Date.now()) / 1000)} seconds to go.`);
  await untilTime(deadline - 2000);
  tell.step('Two seconds before the deadline:', 'plain');
  sayWhatAwsAllows(tell, scene, 'allowed');
  await untilTime(deadline + 100);
  tell.step(`The deadline has passed, the app is still dead, the role still exists: ${scene.sets()[0]?.name ?? ''}.`);
  expect('the role is still there, as nobody has removed it', scene.sets().length === 1);
  const { allowed } = sayWhatAwsAllows(tell, scene, 'denied');
  const live = scene.can(ACTION, 'payments', session);
  tell.note(`The session that octocat opened before, asked the same: ${live.kind.toUpperCase()}`, toneOf(live.kind));
  expect('AWS denies the session that was open before the deadline', live.kind === 'denied');
  return allowed;
}

async function becomesRemoved({ scene, tell }: Stage, number: number, id: string): Promise<void> {
  const comment = await saying(scene, number, 'the proof is in commit');
  const removal = await removalOf(scene, id);
  tell.step(
    `Removed and proved. The app opened pull request #${removal.number}, "${removal.title.replace(/ \(#\d+\)$/, '')}", and merged it. The comment on #${number}:`,
    'good',
  );
  tell.quote(comment);
  expect('AWS holds no permission set of the app any more', scene.sets().length === 0);
  sayWhatAwsAllows(tell, scene, 'denied');
}

/** By the rule itself, so without an approver; and with the app there when the deadline comes. */
async function secondGrant({ scene, tell }: Stage): Promise<number> {
  const yaml = grantFile({
    account: 'prod-web',
    role: 'read-only',
    duration: `${SECOND.seconds}s`,
    reason: 'Read the logs of the outage',
  });
  await scene.pushed(SECOND.id, { [`grants/${SECOND.id}.yaml`]: yaml });
  const number = await scene.sandbox.github.as('octocat').openPull({ head: SECOND.id, title: 'Read logs of prod-web' });
  tell.step(
    `A second one, with the app running: octocat asks in #${number} for read-only on prod-web, ${SECOND.seconds}s.`,
  );
  await until(`#${number} is merged`, async () => (await scene.pull(number)).merged);
  await saying(scene, number, 'Active until');
  tell.step('Merged and active: the rule production-read wants no approver.', 'good');
  const read = (expected: 'allowed' | 'denied') =>
    sayWhatAwsAllows(tell, scene, expected, { action: 's3:ListAllMyBuckets', account: 'web' });
  read('allowed');
  const deadline = new Date(await scene.recorded(number, 'Expires-At')).getTime();
  await saying(scene, number, 'AWS proved that the access is gone');
  const tookMs = Date.now() - deadline;
  tell.step(`Removed, and the removal proved, ${ms(tookMs)} after the deadline.`, 'good');
  read('denied');
  await saying(scene, number, 'the proof is in commit');
  await removalOf(scene, SECOND.id);
  return tookMs;
}

async function readTheRecord({ scene, tell }: Stage) {
  const clone = await freshClone(scene.sandbox);
  tell.step('An auditor clones the repository. git log -- grants/');
  const log = await clone.log();
  for (const line of log) tell.note(line);
  expect('the log has two grants and two removals', log.length >= 4);
  expect('no grant file is left on the branch', (await clone.files()) === 'grants/README.md');
  tell.note('');
  tell.note('The whole record of the first grant, as the app signed it into the merge commit:');
  tell.quote(`\`\`\`\n${await clone.record(FIRST.id)}\n\`\`\``);
  const audited = await audit(scene.sandbox, clone);
  tell.step('breakglass audit --verify: offline, from the clone, against the root that the auditor knows.');
  tell.verbatim('');
  for (const line of audited.text.trimEnd().split('\n')) tell.verbatim(line);
  expect(`the audit verifies: ${audited.command}`, audited.code === 0 && audited.verified >= 4);
  const proof = await clone.proof(FIRST.id);
  if (proof === null) throw new Error(`expected: a removal of ${FIRST.id} with a proof in the log`);
  return { proof, gitLog: log, verified: audited.verified };
}

function sayWhatAwsAllows(
  tell: Narrator,
  scene: Scene,
  expected: 'allowed' | 'denied',
  what: { action: string; account: 'payments' | 'web' } = { action: ACTION, account: 'payments' },
) {
  const { kind, reason } = scene.can(what.action, what.account);
  tell.note(
    `AWS, asked whether octocat may ${what.action} in prod-${what.account}: ${kind.toUpperCase()}`,
    toneOf(kind),
  );
  tell.note(`  ${reason.replace(/^AWSReservedSSO_(\S+?)_[0-9a-f]{16}/, '$1')}`, 'dim');
  expect(`AWS answers ${expected} to ${what.action}`, kind === expected);
  return { allowed: kind === 'allowed' };
}

function toneOf(answer: 'allowed' | 'denied'): 'good' | 'bad' {
  return answer === 'allowed' ? 'good' : 'bad';
}

async function saying(scene: Scene, number: number, words: string): Promise<string> {
  let last = '';
  try {
    return await until('', async () => {
      last = await scene.said(number);
      return last.includes(words) ? last : null;
    });
  } catch {
    throw new Error(`expected: the app's comment on #${number} says "${words}" within 30 seconds; it says:\n${last}`);
  }
}

async function removalOf(scene: Scene, id: string) {
  return await until(`the removal of ${id} is merged`, async () =>
    (await scene.pulls()).find(
      (one) => one.title.includes(id) && one.head.ref.startsWith('breakglass/') && one.merge_commit_sha !== null,
    ),
  );
}

/** What the demo promises: the first one that does not hold ends it. */
function expect(what: string, holds: boolean): void {
  if (!holds) throw new Error(`expected: ${what}`);
}

function grantFile(fields: Readonly<Record<string, string>>): string {
  return Object.entries({ requester: 'octocat', ...fields })
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('');
}

async function untilTime(at: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, at - Date.now())));
}

function ms(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

function clock(at: Date): string {
  return `${at.toISOString().slice(11, 19)} UTC`;
}
