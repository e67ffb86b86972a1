// What must hold at every moment, and what must be so when a part of a life has come to rest.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { markedProcesses } from '../../app/engine/process-tree.ts';
import { ACCOUNTS, USERS } from '../sandbox/organisation.ts';
import type { Stage } from '../scenarios/stage.ts';

export type Violation = {
  readonly kind: 'orphan' | 'overrun' | 'unauthorized' | 'not-converged';
  readonly sentence: string;
};

type Login = keyof typeof USERS;
type Account = keyof typeof ACCOUNTS;
export type Planned = { readonly id: string; readonly login: Login; readonly account: Account };

export type Judge = {
  readonly violations: readonly Violation[];
  /** The grants that may come to be: whoever else can do anything has what nobody granted. */
  readonly plan: (grant: Planned) => void;
  /** Nobody may have this one any more, whatever was signed. */
  readonly over: (id: string) => void;
  readonly stop: () => void;
};

const LOOK_EVERY_MS = 100;

/** Looks all the time at everybody, by the rules of AWS: nobody without an authorization, nobody past the deadline. */
export function startJudge(stage: Stage): Judge {
  const violations: Violation[] = [];
  const plans: Planned[] = [];
  const over = new Set<string>();
  const everybody = keys(USERS).flatMap((login) => keys(ACCOUNTS).map((account) => ({ login, account })));
  const look = () => {
    for (const { login, account } of everybody) {
      const now = new Date();
      if (!stage.can(login, account, 's3:PutObject', now)) continue;
      const planned = plans.filter((one) => one.login === login && one.account === account);
      const deadlines = planned.filter(({ id }) => !over.has(id)).flatMap(({ id }) => deadlinesOf(stage, id));
      const what = `${login} can act on ${account}`;
      if (violations.some((one) => one.sentence.startsWith(what)) || deadlines.some((deadline) => now < deadline))
        continue;
      const kind = planned.some(({ id }) => over.has(id)) || deadlines.length > 0 ? 'overrun' : 'unauthorized';
      violations.push({ kind, sentence: `${what} at ${now.toISOString()}` });
    }
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    violations,
    plan: (grant) => plans.push(grant),
    over: (id) => over.add(id),
    stop: () => clearInterval(timer),
  };
}

function keys<K extends string>(of: Readonly<Record<K, string>>): readonly K[] {
  return Object.keys(of) as K[];
}

function deadlinesOf(stage: Stage, id: string): readonly Date[] {
  return messages(stage, id)
    .filter((message) => /^Kind: (grant|extension)$/m.test(message))
    .flatMap((message) => message.match(/^Expires-At: (.*)$/m)?.slice(1) ?? [])
    .map((text) => new Date(text));
}

function messages(stage: Stage, id: string): readonly string[] {
  return branchOf(stage).messages.filter((message) => message.split('\n').includes(`Grant-Id: ${id}`));
}

type Branch = { readonly tip: string; readonly messages: readonly string[]; readonly grantFiles: readonly string[] };
const branches = new WeakMap<Stage, Branch>();

/** Of the branch as it is now. Looked at ten times a second, and read anew only where it has moved. */
function branchOf(stage: Stage): Branch {
  const { bare } = stage.github;
  const git = (...args: string[]) => execFileSync('git', ['-C', bare, ...args], { encoding: 'utf8' });
  const loose = join(bare, 'refs', 'heads', 'main');
  const tip = (existsSync(loose) ? readFileSync(loose, 'utf8') : git('rev-parse', 'refs/heads/main')).trim();
  const known = branches.get(stage);
  if (known?.tip === tip) return known;
  const files = git('ls-tree', '-r', '--name-only', tip, 'grants/').trim().split('\n');
  const branch: Branch = {
    tip,
    messages: git('log', tip, '--format=%B%x00').split('\0'),
    grantFiles: files.filter((path) => path.endsWith('.yaml')),
  };
  branches.set(stage, branch);
  return branch;
}

export type Rest = {
  /** Grants that are live; all others of the plan have ended. */
  readonly live: readonly string[];
  readonly ended: readonly string[];
  /** The app that runs now. */
  readonly pid: number;
};

/** What is not as it should be, or nothing. */
export function unrest(stage: Stage, { live, ended, pid }: Rest): readonly Violation[] {
  const state = join(stage.sandbox.dir, 'data', 'state', '.pulumi');
  const mirror = join(stage.sandbox.dir, 'data', 'mirror.git');
  const all = [...live, ...ended];
  const left = [
    ...differs('permission sets in AWS', stage.sets().length, live.length),
    ...differs('assignments in AWS', stage.aws.assignments().length, live.length),
    ...differs('stacks', filesIn(join(state, 'stacks')).join(), live.map((id) => `g-${id}.json`).join()),
    ...differs('locks', filesIn(join(state, 'locks')).join(), ''),
    ...differs('locks in the mirror', locksIn(mirror).join(), ''),
  ];
  const unlike = [
    ...all.flatMap((id) => differs(`authorizations of "${id}"`, recordsOf(stage, id, 'grant'), 1)),
    ...ended.flatMap((id) => differs(`records of the end of "${id}"`, recordsOf(stage, id, 'removal'), 1)),
    ...differs('files in grants/', branchOf(stage).grantFiles.join(), live.map((id) => `grants/${id}.yaml`).join()),
  ];
  // To look at every process of the machine costs more than all the rest: once that has come to rest.
  const isCalm = left.length + unlike.length === 0;
  const processes = isCalm
    ? [
        ...differs('processes of an operation', strangers(stage, pid), 0),
        ...differs('processes of git without an app', orphanedGits(mirror), 0),
      ]
    : [];
  return [
    ...[...left, ...processes].map((sentence) => ({ kind: 'orphan' as const, sentence })),
    ...unlike.map((sentence) => ({ kind: 'not-converged' as const, sentence })),
  ];
}

export function recordsOf(stage: Stage, id: string, kind: 'grant' | 'extension' | 'removal'): number {
  return messages(stage, id).filter((message) => message.split('\n').includes(`Kind: ${kind}`)).length;
}

function differs(what: string, is: number | string, shouldBe: number | string): readonly string[] {
  return is === shouldBe ? [] : [`${what}: ${is || 'none'}, not ${shouldBe || 'none'}`];
}

function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true }).map(String);
  return names
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.replace(/^.*\//, ''))
    .sort();
}

/** Not those of this moment: the app fetches again and again. */
function locksIn(mirror: string): readonly string[] {
  const isOld = (name: string) => {
    const found = statSync(join(mirror, name), { throwIfNoEntry: false });
    return found !== undefined && Date.now() - found.mtimeMs > 2_000;
  };
  const names = existsSync(mirror) ? readdirSync(mirror, { recursive: true }).map(String) : [];
  return names.filter((name) => name.endsWith('.lock') && isOld(name));
}

/** What a dead app has left is adopted by the first process of the machine. */
function orphanedGits(mirror: string): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => {
    try {
      if (readlinkSync(`/proc/${pid}/cwd`) !== mirror) return false;
      return /^PPid:\s+1$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return false; // ended meanwhile
    }
  }).length;
}

/** The living app keeps one child ready; whatever else an app of this sandbox has started must be gone. */
function strangers({ sandbox }: Stage, pid: number): number {
  const apps = sandbox.apps.map((app) => app.pid);
  const own = markedProcesses()
    .map(({ supervisor }) => Number.parseInt(supervisor ?? '', 10))
    .filter((one) => apps.includes(one));
  return Math.max(0, own.length - own.filter((one) => one === pid).slice(0, 1).length);
}
