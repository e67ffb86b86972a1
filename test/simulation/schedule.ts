// A schedule: commands with time between them, made by fast-check from a seed, played one after the other on one run.
import fc from 'fast-check';
import { arm, changeTeam, HANDS, type Hand, hand, operator, webhooks } from './accidents.ts';
import type { AwsCalls } from './aws.ts';
import {
  approve,
  changePolicy,
  extension,
  meddle,
  mergeByHand,
  pushAgain,
  pushByHand,
  removal,
  request,
  revoke,
} from './commands.ts';
import { FAULTS, type FaultKind } from './faults.ts';
import type { Run } from './life.ts';
import type { Delivery } from './world.ts';

const DELIVERIES: readonly Delivery[] = ['lost', 'doubled', 'late'];

export type Command =
  | { readonly do: 'request'; readonly who: number; readonly where: number; readonly seconds: number }
  | { readonly do: 'approve'; readonly which: number; readonly who: number; readonly sha: 'none' | 'head' | 'old' }
  | { readonly do: 'push'; readonly which: number; readonly foreign: boolean }
  | { readonly do: 'extend'; readonly which: number; readonly seconds: number }
  | { readonly do: 'revoke' | 'removal' | 'team'; readonly which: number; readonly who: number }
  | { readonly do: 'merge by hand' | 'operator'; readonly which: number }
  | { readonly do: 'push by hand'; readonly what: 'new' | 'edit' | 'delete'; readonly which: number }
  | { readonly do: 'meddle'; readonly which: number; readonly how: 'close' | 'delete-branch' | 'push' | 'reopen' }
  | { readonly do: 'policy'; readonly which: number; readonly authorized: boolean }
  | { readonly do: 'crash'; readonly restartMs: number }
  | { readonly do: 'fault'; readonly where: number | null; readonly after: number; readonly kind: FaultKind }
  | { readonly do: 'engine fault'; readonly call: keyof AwsCalls; readonly after: number; readonly kind: FaultKind }
  | { readonly do: 'webhooks'; readonly how: Delivery; readonly count: number }
  | { readonly do: 'hand'; readonly how: Hand; readonly which: number }
  | { readonly do: 'skew'; readonly whose: 'machine' | 'AWS'; readonly seconds: number };

export type Planned = { readonly command: Command; readonly thenMs: number };

const which = fc.nat({ max: 9 });
const of = <const D extends Command['do'], R>(what: D, rest: { [K in keyof R]: fc.Arbitrary<R[K]> }) =>
  fc.record({ do: fc.constant(what), ...rest }) as unknown as fc.Arbitrary<Command>;

const seconds = fc.integer({ min: 60, max: 1500 });

const asked = of('request', { who: fc.constantFrom(0, 0, 0, 0, 1, 1, 1, 2), where: which, seconds });
const approved = of('approve', {
  which,
  who: fc.constantFrom(0, 0, 0, 0, 1, 1, 2, 3, 4),
  sha: fc.constantFrom('none', 'none', 'head', 'head', 'old'),
});

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 10, arbitrary: asked },
  { weight: 10, arbitrary: approved },
  { weight: 4, arbitrary: of('push', { which, foreign: fc.boolean() }) },
  { weight: 3, arbitrary: of('extend', { which, seconds: fc.integer({ min: 300, max: 1800 }) }) },
  { weight: 4, arbitrary: of('revoke', { which, who: which }) },
  { weight: 2, arbitrary: of('removal', { which, who: which }) },
  { weight: 1, arbitrary: of('team', { which, who: which }) },
  { weight: 1, arbitrary: of('merge by hand', { which }) },
  { weight: 1, arbitrary: of('operator', { which }) },
  { weight: 1, arbitrary: of('push by hand', { what: fc.constantFrom('new', 'edit', 'delete'), which }) },
  { weight: 2, arbitrary: of('meddle', { which, how: fc.constantFrom('close', 'delete-branch', 'push', 'reopen') }) },
  { weight: 2, arbitrary: of('policy', { which, authorized: fc.boolean() }) },
  { weight: 2, arbitrary: of('crash', { restartMs: fc.integer({ min: 1000, max: 30_000 }) }) },
  {
    weight: 8,
    arbitrary: of('fault', {
      where: fc.option(fc.double({ min: 0, max: 0.999, noNaN: true }), { freq: 4 }),
      after: fc.nat({ max: 8 }),
      kind: fc.constantFrom(...FAULTS),
    }),
  },
  // Each of these is called once or twice in a grant's life: a fault anywhere hardly ever meets one.
  {
    weight: 4,
    arbitrary: of('engine fault', {
      call: fc.constantFrom<keyof AwsCalls>(
        ...(['createSet', 'attach', 'putInline', 'provision', 'assign', 'unassign', 'deleteSet'] as const),
      ),
      after: fc.constantFrom(0, 0, 1),
      kind: fc.constantFrom(...FAULTS),
    }),
  },
  {
    weight: 3,
    arbitrary: of('webhooks', { how: fc.constantFrom(...DELIVERIES), count: fc.integer({ min: 1, max: 6 }) }),
  },
  { weight: 3, arbitrary: of('hand', { how: fc.constantFrom(...HANDS), which }) },
  {
    weight: 1,
    arbitrary: of('skew', { whose: fc.constantFrom('machine', 'AWS'), seconds: fc.integer({ min: -150, max: 150 }) }),
  },
);

const pause = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 3000 }) },
  { weight: 3, arbitrary: fc.integer({ min: 3000, max: 40_000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 40_000, max: 200_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 200_000, max: 600_000 }) },
);

const planned = (what: fc.Arbitrary<Command>, then: fc.Arbitrary<number>) => fc.record({ command: what, thenMs: then });

/** Begins with something that can be granted, so that there is something to end. */
export const schedule: fc.Arbitrary<readonly Planned[]> = fc
  .tuple(
    planned(asked, fc.integer({ min: 0, max: 3000 })),
    planned(approved, pause),
    fc.array(planned(command, pause), { minLength: 1, maxLength: 20, size: 'max' }),
  )
  .map(([first, then, more]) => [first, then, ...more]);

export async function playSchedule(run: Run, plans: readonly Planned[]): Promise<void> {
  for (const { command, thenMs } of plans) {
    await play(run, command);
    await run.advance(thenMs);
  }
}

async function play(run: Run, command: Command): Promise<void> {
  switch (command.do) {
    case 'request':
      return request(run, command.who, command.where, command.seconds);
    case 'approve':
      return approve(run, command.which, command.who, command.sha);
    case 'push':
      return pushAgain(run, command.which, command.foreign);
    case 'extend':
      return extension(run, command.which, command.seconds);
    case 'revoke':
      return revoke(run, command.which, command.who);
    case 'removal':
      return removal(run, command.which, command.who);
    case 'team':
      return changeTeam(run, command.which, command.who);
    case 'merge by hand':
      return mergeByHand(run, command.which);
    case 'operator':
      return operator(run, command.which);
    case 'push by hand':
      return pushByHand(run, command.what, command.which);
    case 'meddle':
      return meddle(run, command.which, command.how);
    case 'policy':
      return changePolicy(run, command.which, command.authorized);
    case 'crash':
      return run.crash(command.restartMs);
    case 'fault':
      return arm(run, command.where, command.after, command.kind);
    case 'engine fault':
      run.armed.push({ point: `provider.${command.call}`, after: command.after, kind: command.kind });
      return;
    case 'webhooks':
      return webhooks(run, command.how, command.count);
    case 'hand':
      return await hand(run, command.how, command.which);
    case 'skew':
      if (command.whose === 'AWS') run.world.awsSkewMs = command.seconds * 1000;
      else run.clock.skewMs = command.seconds * 1000;
  }
}
