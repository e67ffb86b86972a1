// The parts of a grant's life, played by people on an app that is killed, or whose calls fail, at every turn.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { grantYaml, type Stage, startStage } from '../scenarios/stage.ts';
import { watchDoubles } from './doubles.ts';
import { type Judge, type Planned, recordsOf, startJudge, unrest, type Violation } from './judge.ts';
import { type Supervised, supervise } from './supervised.ts';
import { type Kind, type Maker, openTape, type Tape } from './tape.ts';

export type Playing = {
  readonly kinds: readonly Kind[];
  /** One of the kinds for each call, or every one. */
  readonly each: 'one' | 'every';
  /** Whose calls meet faults. */
  readonly makers: readonly Maker[];
  /** Each part meets the faults anew, or all parts together meet them once. */
  readonly anew: boolean;
  readonly say: (line: string) => void;
};

export type Played = {
  readonly points: ReadonlySet<string>;
  readonly faults: readonly string[];
  readonly starts: number;
  /** How many faults struck in each part. */
  readonly parts: ReadonlyMap<string, number>;
  readonly violations: readonly Violation[];
};

type Scene = {
  readonly stage: Stage;
  readonly tape: Tape;
  readonly app: Supervised;
  readonly judge: Judge;
  readonly playing: Playing;
  readonly live: Set<string>;
  readonly ended: Set<string>;
};

/** A part comes to rest within so long after its last fault, or it never does. */
const LONGEST_MS = 180_000;
/** Rest is what lasts, on an app that is ready: a pass (2 s) and its consequences change nothing any more. */
const RESTS_MS = 2_500;

export async function playLives(playing: Playing): Promise<Played> {
  const folder = mkdtempSync(join(tmpdir(), 'breakglass-chaos-'));
  // Where everything is played, as it comes by default.
  const stage = await startStage({ secrets: playing.each === 'every' ? 'passphrase' : 'key-service' });
  const tape = openTape(folder);
  const judge = startJudge(stage);
  const scene: Scene = {
    stage,
    tape,
    judge,
    playing,
    app: supervise(stage.sandbox, folder),
    live: new Set(),
    ended: new Set(),
  };
  const violations: Violation[] = [];
  const parts = new Map<string, number>();
  try {
    watchDoubles(stage.sandbox, tape, scene.app.kill);
    for (const [name, part] of Object.entries(PARTS)) {
      const before = { faults: tape.played().length, starts: scene.app.starts() };
      const wrong = await part(scene, () => arm(scene, name)).catch((error: unknown) => unlike(String(error)));
      tape.play(null);
      const still = wrong.length > 0 ? wrong : await rested(scene);
      violations.push(...still.map(({ kind, sentence }) => ({ kind, sentence: `${name}: ${sentence}` })));
      const faults = tape.played().length - before.faults;
      parts.set(name, faults);
      playing.say(`${name}: ${faults} faults, ${scene.app.starts() - before.starts} restarts`);
      if (still.length > 0) {
        for (const line of lastWords(scene)) playing.say(line);
        break;
      }
    }
    return {
      points: tape.points(),
      faults: tape.played(),
      starts: scene.app.starts(),
      parts,
      violations: [...violations, ...judge.violations],
    };
  } finally {
    judge.stop();
    await scene.app.stop();
    await stage.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the last processes logged: what somebody reads first who looks for the reason. */
function lastWords({ stage }: Scene): readonly string[] {
  const apps = stage.sandbox.apps.slice(-3);
  return apps.flatMap(({ logs, errors }) => [...logs.slice(-15).map((line) => JSON.stringify(line)), errors()]);
}

type Part = (scene: Scene, arm: () => void) => Promise<readonly Violation[]>;

const PARTS: Readonly<Record<string, Part>> = {
  starting: async (scene, arm) => {
    arm();
    return await rested(scene);
  },
  granting: async (scene, arm) => {
    arm();
    return await granted(scene, { id: 'chaos-first', login: 'octocat', account: 'payments' }, '1h');
  },
  extending: async (scene, arm) => {
    const { stage } = scene;
    const file = grantYaml({ duration: '2h' });
    await stage.as('octocat').push('longer', { 'grants/chaos-first.yaml': file });
    const pull = await stage.as('octocat').openPull({ head: 'longer', title: 'Longer' });
    arm();
    return await reached(scene, async () => {
      await approveOnce(stage, pull);
      const later = new Date(Date.now() + 90 * 60_000);
      return (
        recordsOf(stage, 'chaos-first', 'extension') === 1 && stage.can('octocat', 'payments', 's3:PutObject', later)
      );
    });
  },
  'ending early': async (scene, arm) => {
    const { stage } = scene;
    arm();
    const [request] = (await stage.pulls()).filter((one) => one.head.ref === 'chaos-first');
    await stage.as('octocat').comment(request?.number ?? 0, '/revoke');
    return await gone(scene, 'chaos-first');
  },
  expiring: async (scene, arm) => {
    const wrong = await granted(scene, { id: 'chaos-second', login: 'octocat', account: 'web' }, '25s');
    arm();
    return wrong.length > 0 ? wrong : await gone(scene, 'chaos-second');
  },
  removing: async (scene, arm) => {
    const { stage } = scene;
    const wrong = await granted(scene, { id: 'chaos-third', login: 'hubot', account: 'payments' }, '1h');
    if (wrong.length > 0) return wrong;
    arm();
    await stage.as('hubot').push('away', { 'grants/chaos-third.yaml': null });
    await stage.as('hubot').openPull({ head: 'away', title: 'Away' });
    return await gone(scene, 'chaos-third');
  },
};

function arm({ tape, playing }: Scene, name: string): void {
  const { anew, ...part } = playing;
  tape.play({ scope: anew ? name.replace(' ', '-') : 'all', ...part });
}

async function granted(scene: Scene, plan: Planned, duration: string): Promise<readonly Violation[]> {
  const { stage, judge, live } = scene;
  judge.plan(plan);
  const account = {
    payments: 'prod-payments',
    web: 'prod-web',
    staging: 'staging',
    sandbox: 'sandbox',
    management: '',
  };
  const pull = await stage.request(
    plan.id,
    { duration, account: account[plan.account] },
    plan.login as 'octocat' | 'hubot',
  );
  live.add(plan.id);
  return await reached(scene, async () => {
    await approveOnce(stage, pull);
    if (stage.can(plan.login, plan.account)) return (await stage.said(pull)).includes('Active until');
    // A slow machine may come to look when a short one is over.
    return recordsOf(stage, plan.id, 'grant') > 0 && (await stage.said(pull)).includes('Ended: deadline');
  });
}

function unlike(sentence: string): readonly Violation[] {
  return [{ kind: 'not-converged', sentence }];
}

async function gone(scene: Scene, id: string): Promise<readonly Violation[]> {
  scene.live.delete(id);
  scene.ended.add(id);
  const wrong = await reached(scene, async () => recordsOf(scene.stage, id, 'removal') > 0);
  scene.judge.over(id);
  return wrong;
}

/** Says it once the app has said that it waits for it. */
async function approveOnce(stage: Stage, pull: number): Promise<void> {
  const comments = await stage.comments(pull);
  const isAsked = comments.some((one) => one.body.includes('Waiting for approval'));
  const isSaid = comments.some((one) => one.body === '/approve-emergency');
  if (isAsked && !isSaid) await stage.as('hubot-boss').comment(pull, '/approve-emergency');
}

/** Nothing or why not. Faults go on until it is so and none comes any more. */
async function reached(scene: Scene, look: () => Promise<boolean>): Promise<readonly Violation[]> {
  return await lasting(scene, async () => ((await look()) ? [] : unlike('what was asked for did not come to be')));
}

async function rested(scene: Scene): Promise<readonly Violation[]> {
  const { stage, live, ended, app } = scene;
  return await lasting(scene, async () => unrest(stage, { live: [...live], ended: [...ended], pid: app.pid() }));
}

async function lasting(scene: Scene, look: () => Promise<readonly Violation[]>): Promise<readonly Violation[]> {
  const { tape, app } = scene;
  let faults = tape.played().length;
  let since = Date.now();
  let calm: number | null = null;
  for (;;) {
    const wrong = await look();
    const now = Date.now();
    if (tape.played().length !== faults) {
      faults = tape.played().length;
      since = now;
      calm = null;
    }
    if (wrong.length > 0 || app.readySince() === null) calm = null;
    else calm ??= now;
    if (calm !== null && now - calm >= RESTS_MS) return [];
    if (now - since > LONGEST_MS) return wrong.length > 0 ? wrong : unlike('it does not come to rest');
    await sleep(100);
  }
}
