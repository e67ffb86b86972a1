// What people do in the repository, each as one plain command that fits any state it meets.
import { signRecord } from '../../app/core/record/authorization.ts';
import type { Run } from './life.ts';
import { type Asked, end, type ModelGrant, mayEnd, policyChanged } from './model.ts';
import {
  boss,
  commander,
  hubot,
  LACKS,
  lead,
  octocat,
  outsider,
  type Person,
  PLACES,
  policyWithout,
  REPOSITORY_ID,
  second,
  signer,
} from './policy.ts';
import type { Tree } from './repository.ts';
import {
  APP_USER,
  closePull,
  deleteBranch,
  openPull,
  pushMain,
  pushTo,
  reopenPull,
  type SimulatedPull,
  say,
  squash,
  userOf,
} from './world.ts';

const REQUESTERS = [octocat, hubot, outsider] as const;
const SPEAKERS = [commander, second, octocat, hubot, outsider, boss] as const;

/** `which` picks one of as many as there are. */
export function pick<T>(all: Iterable<T>, which: number): T | undefined {
  const list = [...all];
  return list[which % Math.max(1, list.length)];
}

function grantText({ by, place, seconds }: Omit<Extract<Asked, { kind: 'request' }>, 'kind' | 'id'>, reason: string) {
  const { account, role } = place;
  return `requester: ${by.login}\naccount: ${account}\nrole: ${role}\nduration: ${seconds}s\nreason: ${reason}\n`;
}

function withFile(tree: Tree, path: string, text: string | null): Tree {
  const grants = new Map(tree.grants);
  if (text === null) grants.delete(path);
  else grants.set(path, text);
  return { ...tree, grants };
}

/** A branch of one commit on top of the default branch, and a pull request of it. */
function propose(run: Run, by: Person, tree: Tree, asked: Asked): SimulatedPull {
  const { world, model } = run;
  const branch = `branch-${world.numbers + 1}`;
  const user = userOf(by);
  const sha = world.repository.commit(world.repository.tip(), tree, new Date(world.clock.now()), 'Please\n');
  pushTo(world, branch, sha, user);
  const pull = openPull(world, branch, user, 'Please');
  model.asked.set(pull.number, asked);
  return pull;
}

export function request(run: Run, who: number, where: number, seconds: number): void {
  const by = REQUESTERS[who % REQUESTERS.length] ?? octocat;
  const place = PLACES[where % PLACES.length] ?? PLACES[0];
  const id = `grant-${run.world.numbers + 1}`;
  const { tree } = run.world.repository.get(run.world.repository.tip());
  const asked = { kind: 'request', id, by, place, seconds } as const;
  propose(run, by, withFile(tree, `grants/${id}.yaml`, grantText(asked, 'Testing')), asked);
}

/** Of what was granted, live or not. */
export function extension(run: Run, which: number, seconds: number): void {
  const grant = pick(run.model.grants.values(), which);
  if (grant === undefined) return;
  const { tree } = run.world.repository.get(run.world.repository.tip());
  const path = `grants/${grant.id}.yaml`;
  const before = tree.grants.get(path);
  if (before === undefined) return;
  const text = before.replace(/duration: .*/, `duration: ${seconds}s`);
  if (text === before) return;
  propose(run, grant.by, withFile(tree, path, text), { kind: 'extension', id: grant.id, by: grant.by, seconds });
}

export function removal(run: Run, which: number, who: number): void {
  const by = SPEAKERS[who % SPEAKERS.length] ?? octocat;
  const grant = pick(run.model.grants.values(), which);
  const { tree } = run.world.repository.get(run.world.repository.tip());
  if (grant === undefined || !tree.grants.has(`grants/${grant.id}.yaml`)) return;
  propose(run, by, withFile(tree, `grants/${grant.id}.yaml`, null), { kind: 'removal', id: grant.id, by });
  if (isBegun(run, grant) && mayEnd(run.model, grant, by)) end(run.model, grant, `removal by ${by.login}`, by);
}

function isBegun({ clock }: Run, grant: ModelGrant): boolean {
  return clock.now() < grant.deadline;
}

function openOnes({ world }: Run): readonly SimulatedPull[] {
  return [...world.pulls.values()].filter((pull) => pull.state === 'open' && pull.author.id !== APP_USER.id);
}

/** By its author, or by another, which makes it unapprovable. */
export function pushAgain(run: Run, which: number, foreign: boolean): void {
  const { world } = run;
  const pull = pick(openOnes(run), which);
  const asked = pull === undefined ? undefined : run.model.asked.get(pull.number);
  if (pull === undefined || asked?.kind !== 'request' || !world.branches.has(pull.branch)) return;
  const { tree } = world.repository.get(pull.head);
  const text = grantText(asked, `Testing ${world.numbers} ${world.clock.now()}`);
  const at = new Date(world.clock.now());
  const sha = world.repository.commit(pull.head, withFile(tree, `grants/${asked.id}.yaml`, text), at, 'Again\n');
  pushTo(world, pull.branch, sha, foreign ? userOf(outsider) : pull.author);
  if (foreign) run.model.approvals.set(pull.number, []);
}

export function approve(run: Run, which: number, who: number, sha: 'none' | 'head' | 'old'): void {
  const { world, model } = run;
  const pull = pick(openOnes(run), which);
  if (pull === undefined) return;
  const by = SPEAKERS[who % SPEAKERS.length] ?? commander;
  const named = sha === 'none' ? null : sha === 'head' ? pull.head : '0'.repeat(39).concat('1');
  say(world, pull.number, userOf(by), named === null ? '/approve-emergency' : `/approve-emergency ${named}`);
  const log = world.pushes.get(pull.branch) ?? [];
  const foreign = log.some((one) => one.actor?.id !== pull.author.id);
  const approval = { who: by, at: world.clock.now(), sha: named, onlyHead: log.length === 1 };
  if (!foreign) model.approvals.set(pull.number, [...(model.approvals.get(pull.number) ?? []), approval]);
}

/** On a request that was merged it ends the grant; on an open one it rejects it. */
export function revoke(run: Run, which: number, who: number): void {
  const { world, model } = run;
  const by = SPEAKERS[who % SPEAKERS.length] ?? commander;
  const grant = pick(model.grants.values(), which);
  const number = grant?.pulls.at(-1) ?? pick(openOnes(run), which)?.number;
  if (number === undefined) return;
  say(world, number, userOf(by), '/revoke');
  if (grant !== undefined && isBegun(run, grant) && mayEnd(model, grant, by))
    end(model, grant, `revoked by ${by.login}`, by);
}

/** An administrator presses the button, which asks nobody. */
export function mergeByHand(run: Run, which: number): void {
  const pull = pick(openOnes(run), which);
  if (pull !== undefined) squash(run.world, pull, userOf(outsider), 'Merged by hand\n');
}

export function pushByHand(run: Run, what: 'new' | 'edit' | 'delete', which: number): void {
  const { world } = run;
  const { tree } = world.repository.get(world.repository.tip());
  const path =
    what === 'new' ? `grants/hand-${world.numbers + 1}-${world.aws.version}.yaml` : pick(tree.grants.keys(), which);
  if (path === undefined) return;
  const place = PLACES[0];
  const fresh = grantText({ by: octocat, place, seconds: 600 }, 'By hand');
  const text = what === 'new' ? fresh : (tree.grants.get(path) ?? '').replace(/duration: .*/, 'duration: 1700s');
  pushMain(world, withFile(tree, path, what === 'delete' ? null : text), userOf(outsider), 'By hand\n');
}

/** What the app's own pull requests may meet. */
export function meddle(run: Run, which: number, how: 'close' | 'delete-branch' | 'push' | 'reopen'): void {
  const { world } = run;
  const all = [...world.pulls.values()];
  const pull = pick(how === 'reopen' ? all : all.filter((one) => one.author.id === APP_USER.id), which);
  if (pull === undefined) return;
  if (how === 'reopen') reopenPull(world, pull);
  else if (how === 'close') closePull(world, pull);
  else if (how === 'delete-branch') deleteBranch(world, pull.branch);
  else if (world.branches.has(pull.branch)) {
    const { tree } = world.repository.get(pull.head);
    const more = withFile(tree, 'grants/pushed-in.yaml', 'nonsense\n');
    const sha = world.repository.commit(pull.head, more, new Date(world.clock.now()), 'Meddling\n');
    pushTo(world, pull.branch, sha, userOf(outsider));
  }
}

export function changePolicy(run: Run, which: number, authorized: boolean): void {
  const { world, model } = run;
  const lack = pick(LACKS, which) ?? 'nothing';
  const { tree } = world.repository.get(world.repository.tip());
  const policies = policyWithout(lack);
  if (tree.policies.id === policies.id) return;
  if (!authorized) return void pushMain(world, { ...tree, policies }, userOf(outsider), 'Policy by hand\n');
  world.numbers += 1;
  const by = (login: string, id: number) => ({ login, id, nodeId: `IC_${id}`, at: '2026-11-22T03:00:00Z' });
  const record = {
    kind: 'change',
    repositoryId: REPOSITORY_ID,
    pullRequest: world.numbers,
    author: { login: 'octo-lead', id: 2345678 },
    approvedBy: [by('hubot-boss', 1234567), by('commander', 7001)],
    approvedHead: world.repository.tip(),
    policies: policies.id,
  } as const;
  pushMain(world, { ...tree, policies }, APP_USER, signRecord(`Policy (#${world.numbers})`, record, signer));
  policyChanged(model, lack);
}

/** As the owners do it: by a pull request that two of them approve. */
export function proposePolicy(run: Run, which: number): void {
  const lack = pick(LACKS, which) ?? 'nothing';
  const { tree } = run.world.repository.get(run.world.repository.tip());
  propose(run, lead, { ...tree, policies: policyWithout(lack) }, { kind: 'policy', id: lack, by: lead, lack });
}
