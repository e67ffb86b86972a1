// What all processes of a chaos run share: which part of a life is played, every call made, every fault already played.
import fs from 'node:fs';
import { join } from 'node:path';

const ANYWHERE = ['kill-before', 'kill-after', 'kill-app', 'error', 'error-after'] as const;
/**
 * `kill-app`: before a call of the child or the plugin, which live on and have to find out. `kill-tool`: the command that
 * the maker started, git or Pulumi, in the middle of its work. `time-out`: what is asked is done, and never answered.
 * `stale`: answered as it was a while ago. The rest strike the maker.
 */
export const KINDS = [...ANYWHERE, 'kill-tool', 'time-out', 'stale'] as const;
export type Kind = (typeof KINDS)[number];

/** Who makes a call: the app, the child that runs one operation, the provider's plugin under it. */
const MAKERS = ['app', 'child', 'plugin'] as const;
export type Maker = (typeof MAKERS)[number];

/** The scope of an app that has nothing to do yet. */
const STARTING = 'starting';

/** What can happen to any call. */
export const ALWAYS: readonly Kind[] = ANYWHERE;
/** What can happen to one that goes over the wire; `stale` only where it changes nothing. */
export const ON_THE_WIRE: readonly Kind[] = [...ALWAYS, 'time-out'];

export type Tape = {
  /** Notes the call, and answers what shall become of it: each kind of fault once for each call of each maker. */
  readonly next: (maker: Maker, point: string, possible?: readonly Kind[]) => Kind | null;
  /** Null while nothing is to fail. */
  readonly play: (part: Part | null) => void;
  readonly points: () => ReadonlySet<string>;
  readonly played: () => readonly string[];
};

export type Part = {
  /** Keeps the faults of one part apart from those of another; with the same scope each is played once over all. */
  readonly scope: string;
  readonly kinds: readonly Kind[];
  /** One of the kinds for each call, or every one. */
  readonly each: 'one' | 'every';
  /** Whose calls meet faults. */
  readonly makers: readonly Maker[];
};

// Taken before the witness replaces them: what is noted here is no call of the app's.
const { appendFileSync, readFileSync, writeFileSync, renameSync } = fs;

export function openTape(folder: string): Tape {
  const file = (name: string) => join(folder, name);
  const lines = (name: string): readonly string[] => {
    try {
      return readFileSync(file(name), 'utf8').split('\n').slice(0, -1);
    } catch {
      return [];
    }
  };
  const noted = new Set<string>();
  return {
    next: (maker, point, possible = ALWAYS) => {
      const call = `${maker} ${point}`;
      const [scope, each, makers, ...kinds] = (lines('part')[0] ?? '').split(' ');
      if (!noted.has(call)) appendFileSync(file('points'), `${call}\n`);
      noted.add(call);
      if (scope === undefined || scope === '' || !makers?.split(',').includes(maker)) return null;
      const done = new Set(lines('played'));
      const allowed = possible.filter((one) => kinds.includes(one) && (one !== 'kill-app' || maker !== 'app'));
      const chosen = each === 'one' ? allowed.slice(oddity(call) % allowed.length).slice(0, 1) : allowed;
      // What every start does was met while starting, and is not met again at each start that a later part causes.
      const isMet = (one: Kind) => [scope, STARTING].some((part) => done.has(`${part} ${one} ${call}`));
      const kind = chosen.find((one) => !isMet(one));
      if (kind === undefined) return null;
      appendFileSync(file('played'), `${scope} ${kind} ${call}\n`);
      return kind;
    },
    play: (part) => {
      writeFileSync(
        file('part.new'),
        part === null ? '' : `${[part.scope, part.each, part.makers.join(), ...part.kinds].join(' ')}\n`,
      );
      renameSync(file('part.new'), file('part'));
    },
    points: () => new Set(lines('points')),
    played: () => lines('played'),
  };
}

/** The same for the same call in every run, and different enough between calls. */
export function oddity(text: string): number {
  return [...text].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
}
