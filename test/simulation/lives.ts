// The lives that the app has to bring to their end whatever fails: how each begins, and what is there in the end.
import { hand, operator } from './accidents.ts';
import {
  approve,
  changePolicy,
  extension,
  meddle,
  mergeByHand,
  proposePolicy,
  pushAgain,
  removal,
  request,
  revoke,
} from './commands.ts';
import type { Run } from './life.ts';
import { APP_USER } from './world.ts';

export type Life = {
  readonly name: string;
  /** Until right before it begins. */
  readonly before: (run: Run) => Promise<void>;
  readonly begin: (run: Run) => void | Promise<void>;
  /** Whether the person has the access in the end, and for how long it was granted then. */
  readonly access: { readonly seconds: number } | null;
  /** An end that waits for no engine. */
  readonly early?: true;
};

/** Seconds: a quarter of an hour until an operation of the engine that is never answered is made good, and a reserve. */
const LONG = 1100;

async function granted(run: Run, seconds: number): Promise<void> {
  request(run, 0, 0, seconds);
  approve(run, 0, 0, 'none');
  await run.advance(60_000);
}

/** As it starts. */
async function fresh(): Promise<void> {}

export const LIVES: readonly Life[] = [
  {
    name: 'granting',
    before: fresh,
    begin: async (run) => {
      request(run, 0, 0, LONG);
      await run.advance(3000);
      approve(run, 0, 0, 'none');
    },
    access: { seconds: LONG },
  },
  {
    name: 'extending',
    before: async (run) => await granted(run, 600),
    begin: async (run) => {
      extension(run, 0, LONG);
      await run.advance(3000);
      approve(run, 0, 0, 'none');
    },
    access: { seconds: LONG },
  },
  {
    name: 'ending early',
    before: async (run) => await granted(run, LONG),
    begin: (run) => revoke(run, 0, 0),
    access: null,
    early: true,
  },
  {
    name: 'expiring',
    before: async (run) => {
      await granted(run, 120);
      await run.advance(58_000);
    },
    begin: () => {},
    access: null,
  },
  {
    name: 'removing',
    before: async (run) => await granted(run, LONG),
    begin: (run) => removal(run, 0, 2),
    access: null,
    early: true,
  },
  {
    name: 'ordered',
    before: async (run) => await granted(run, LONG),
    begin: (run) => operator(run, 0),
    access: null,
    early: true,
  },
  {
    name: 'policy changed',
    before: async (run) => await granted(run, LONG),
    begin: (run) => changePolicy(run, 4, true),
    access: null,
    early: true,
  },
  {
    name: 'correcting',
    before: async (run) => await granted(run, LONG),
    begin: async (run) => {
      await hand(run, 'assign', 0);
      await hand(run, 'attach', 0);
    },
    access: { seconds: LONG },
  },
  {
    name: 'making again',
    before: async (run) => await granted(run, LONG),
    begin: async (run) => await hand(run, 'delete', 0),
    access: { seconds: LONG },
  },
  {
    name: 'policy by hand',
    before: async (run) => await granted(run, LONG),
    begin: async (run) => {
      changePolicy(run, 4, false);
      await run.advance(90_000);
      changePolicy(run, 0, false);
    },
    access: { seconds: LONG },
  },
  {
    name: 'removal pushed to',
    before: async (run) => {
      await granted(run, 120);
      await run.advance(58_000);
    },
    begin: async (run) => {
      const isOpen = () => [...run.world.pulls.values()].some((one) => one.author.id === APP_USER.id);
      for (let i = 0; i < 200 && !isOpen(); i++) await run.advance(500);
      meddle(run, 0, 'push');
    },
    access: null,
  },
  { name: 'sweeping', before: fresh, begin: async (run) => await hand(run, 'orphan', 0), access: null },
  {
    name: 'merged by hand',
    before: fresh,
    begin: async (run) => {
      request(run, 0, 0, LONG);
      await run.advance(3000);
      mergeByHand(run, 0);
    },
    access: null,
  },
  {
    name: 'rejecting',
    before: fresh,
    begin: async (run) => {
      request(run, 0, 0, LONG);
      pushAgain(run, 0, false);
      await run.advance(3000);
      approve(run, 0, 0, 'none');
      revoke(run, 0, 2);
    },
    access: null,
  },
  {
    name: 'owners changing policy',
    before: async (run) => await granted(run, LONG),
    begin: async (run) => {
      proposePolicy(run, 3);
      await run.advance(3000);
      approve(run, 0, 0, 'none');
      approve(run, 0, 5, 'none');
    },
    access: { seconds: LONG },
  },
];
