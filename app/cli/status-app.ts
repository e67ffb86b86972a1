// What the app on this machine saw last, for `breakglass status`: alarms, what is stuck, its last pass, the clocks.
import { join, resolve } from 'node:path';
import { wholeSeconds } from '../core/instant.ts';
import { differs, relative } from '../github/text.ts';
import { ALARMS } from '../reconcile/alarm-codes.ts';
import type { Trouble } from '../reconcile/standing.ts';
import { readWatch, type Saved } from '../reconcile/watch-file.ts';
import { shown, type Terminal } from './terminal.ts';

export type AppStatus = {
  /** When the app wrote this. */
  readonly at: string;
  /** It has made no pass for so long that it is down, or cannot. */
  readonly silent: boolean;
  readonly lastPass: string | null;
  readonly problems: readonly string[];
  readonly engine: string;
  readonly alarms: readonly {
    readonly code: string;
    readonly since: string;
    readonly sentence: string;
    readonly advice: string;
  }[];
  readonly live: number | null;
  readonly failing: readonly ShownTrouble[];
  readonly stuck: readonly ShownTrouble[];
  readonly oldestUnprovenRemoval: ShownTrouble | null;
  readonly clocks: Saved['clocks'];
  readonly relative: string;
};

type ShownTrouble = Omit<Trouble, 'since'> & { readonly since: string };

/** Of the app whose mirror is read, and of no other. */
export function savedFor(repo: string, env: NodeJS.ProcessEnv): Saved | null {
  const dataDir = env.BREAKGLASS_DATA_DIR ?? '.breakglass';
  return resolve(repo) === resolve(join(dataDir, 'mirror.git')) ? readWatch(dataDir) : null;
}

/** Three passes and a little: one of them may have been long. */
const SLACK_MS = 30_000;

export function appStatus(saved: Saved, now: Date): AppStatus {
  const { standing } = saved;
  const [oldest] = standing?.unproven ?? [];
  return {
    at: wholeSeconds(saved.at),
    silent: now.getTime() - saved.at.getTime() > 3000 * saved.passSeconds + SLACK_MS,
    lastPass: saved.lastPass === null ? null : wholeSeconds(saved.lastPass),
    problems: saved.problems,
    engine: saved.engine,
    alarms: saved.alarms.map(({ code, since, sentence }) => ({
      code,
      since: wholeSeconds(since),
      sentence,
      advice: ALARMS[code],
    })),
    live: standing?.live ?? null,
    failing: (standing?.failing ?? []).map(shownTrouble),
    stuck: (standing?.stuck ?? []).map(shownTrouble),
    oldestUnprovenRemoval: oldest === undefined ? null : shownTrouble(oldest),
    clocks: saved.clocks,
    relative: relative(saved.at, now),
  };
}

export function needsAttention({ silent, alarms, stuck }: AppStatus): boolean {
  return silent || alarms.length > 0 || stuck.length > 0;
}

export function appLines(app: AppStatus | null, terminal: Terminal): string[] {
  if (app === null) return [];
  const red = (text: string) => terminal.tone('red', text);
  const pass = `The app, ${app.relative}: ${app.lastPass === null ? 'no pass without a problem yet' : `last pass without a problem ${app.lastPass}`}, engine ${shown(app.engine)}.`;
  const oldest = app.oldestUnprovenRemoval;
  return [
    '',
    app.silent ? red(`The app has said nothing since ${app.at}: it is down, or cannot make a pass.`) : pass,
    `Clocks beside this machine's: AWS ${differs(app.clocks.aws)}, GitHub ${differs(app.clocks.github)}.`,
    ...app.problems.map((one) => terminal.tone('yellow', `In the last pass: ${shown(one)}`)),
    ...app.alarms.map((one) => red(`Alarm ${one.code} since ${one.since}: ${shown(one.sentence)}`)),
    ...app.stuck.map((one) => red(`Stuck since ${one.since}: ${troubleText(one)}`)),
    ...app.failing
      .filter(({ grant }) => !app.stuck.some((one) => one.grant === grant))
      .map((one) => terminal.tone('yellow', `Failing since ${one.since}: ${troubleText(one)}`)),
    ...(oldest === null ? [] : [`Oldest removal that is not proven: ${shown(oldest.grant)}, ended ${oldest.since}.`]),
  ];
}

function shownTrouble({ since, ...rest }: Trouble): ShownTrouble {
  return { ...rest, since: wholeSeconds(since) };
}

function troubleText({ grant, what, reason }: ShownTrouble): string {
  return `${what === 'granting' ? 'making' : 'taking away'} ${shown(grant)}: ${shown(reason)}`;
}
