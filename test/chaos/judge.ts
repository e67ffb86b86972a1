// What must hold at every moment, and what must be so when a part of a life has come to rest.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { markedProcesses } from '../../app/engine/process-tree.ts';
import type { ACCOUNTS, USERS } from '../sandbox/organisation.ts';
import type { Stage } from '../scenarios/stage.ts';

export type Violation = {
  readonly kind: 'orphan' | 'overrun' | 'unauthorized' | 'not-converged';
  readonly sentence: string;
};

export type Planned = {
  readonly id: string;
  readonly login: keyof typeof USERS;
  readonly account: keyof typeof ACCOUNTS;
};

export type Judge = {
  readonly violations: readonly Violation[];
  /** The grants that may come to be: whoever else can do anything has what nobody granted. */
  readonly plan: (grant: Planned) => void;
  readonly stop: () => void;
};

const LOOK_EVERY_MS = 100;

/** Looks all the time, by the rules of AWS: nobody without an authorization on the branch, nobody past its deadline. */
export function startJudge(stage: Stage): Judge {
  const violations: Violation[] = [];
  const plans: Planned[] = [];
  const look = () => {
    for (const { id, login, account } of plans) {
      const now = new Date();
      if (!stage.can(login, account, 's3:PutObject', now)) continue;
      const deadlines = deadlinesOf(stage, id);
      const said = violations.some((one) => one.sentence.includes(`"${id}"`));
      if (said || deadlines.some((deadline) => now < deadline)) continue;
      const kind = deadlines.length === 0 ? 'unauthorized' : 'overrun';
      violations.push({ kind, sentence: `${login} can act by "${id}" at ${now.toISOString()}` });
    }
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    violations,
    plan: (grant) => plans.push(grant),
    stop: () => clearInterval(timer),
  };
}

function deadlinesOf(stage: Stage, id: string): readonly Date[] {
  return messages(stage, id)
    .filter((message) => /^Kind: (grant|extension)$/m.test(message))
    .flatMap((message) => message.match(/^Expires-At: (.*)$/m)?.slice(1) ?? [])
    .map((text) => new Date(text));
}

function messages(stage: Stage, id: string): readonly string[] {
  return stage
    .log('--format=%B%x00')
    .split('\0')
    .filter((message) => message.split('\n').includes(`Grant-Id: ${id}`));
}

export type Rest = {
  /** Grants that are live; all others of the plan have ended. */
  readonly live: readonly string[];
  readonly ended: readonly string[];
  /** The app that runs now. */
  readonly pid: number;
};

/** What is not as it should be, or nothing. */
export function unrest(stage: Stage, { live, ended, pid }: Rest): readonly string[] {
  const state = join(stage.sandbox.dir, 'data', 'state', '.pulumi');
  return [
    ...differs('permission sets in AWS', stage.sets().length, live.length),
    ...differs('assignments in AWS', stage.aws.assignments().length, live.length),
    ...differs('stacks', filesIn(join(state, 'stacks')).join(), live.map((id) => `g-${id}.json`).join()),
    ...differs('locks', filesIn(join(state, 'locks')).join(), ''),
    ...differs('processes of an operation', strangers(stage, pid), 0),
    ...live.flatMap((id) => differs(`authorizations of "${id}"`, recordsOf(stage, id, 'grant'), 1)),
    ...ended.flatMap((id) => [
      ...differs(`authorizations of "${id}"`, recordsOf(stage, id, 'grant'), 1),
      ...differs(`records of the end of "${id}"`, recordsOf(stage, id, 'removal'), 1),
    ]),
    ...differs('files in grants/', grantFiles(stage).join(), live.map((id) => `grants/${id}.yaml`).join()),
  ];
}

export function recordsOf(stage: Stage, id: string, kind: 'grant' | 'extension' | 'removal'): number {
  return messages(stage, id).filter((message) => message.split('\n').includes(`Kind: ${kind}`)).length;
}

function grantFiles(stage: Stage): readonly string[] {
  return stage.files().filter((path) => path.endsWith('.yaml'));
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

/** The living app keeps one child ready; whatever else an app of this sandbox has started must be gone. */
function strangers({ sandbox }: Stage, pid: number): number {
  const apps = sandbox.apps.map((app) => app.pid);
  const own = markedProcesses()
    .map(({ supervisor }) => Number.parseInt(supervisor ?? '', 10))
    .filter((one) => apps.includes(one));
  return Math.max(0, own.length - own.filter((one) => one === pid).slice(0, 1).length);
}
