// Why the app may be wrong about what it reads: nothing that still gives access goes without an end meanwhile.
import type { IdentityCenter } from '../aws/port.ts';
import type { Context } from './context.ts';

/** A clock that is further off than this may take what lives for what has ended. */
const MOST_MS = 60_000;

export function doubtOf(context: Context, center: IdentityCenter): string | null {
  const clocks = clockDoubts(context, center);
  if (!context.memory.sweep.fetched) return 'Git could not be fetched';
  return context.frozen() ?? clocks[0]?.sentence ?? null;
}

/** Raised and closed by each pass. */
export function sayClocks(context: Context, center: IdentityCenter): void {
  context.alarms.hold('clock-differs', clockDoubts(context, center));
}

/** Differences of whole answers: a slow line makes seconds, not a minute. */
function clockDoubts({ github }: Context, center: IdentityCenter) {
  const clocks = [
    { subject: 'AWS', differs: center.clockDifferenceMs() ?? 0 },
    { subject: 'GitHub', differs: github.now().getTime() - Date.now() },
  ];
  return clocks.flatMap(({ subject, differs }) => {
    if (Math.abs(differs) <= MOST_MS) return [];
    const seconds = Math.round(differs / 1000);
    const sentence = `this machine's clock differs from ${subject}'s by ${Math.abs(seconds)} seconds`;
    return [{ subject, sentence, facts: { clock: subject, seconds } }];
  });
}

/** The earliest of the clocks: nothing is over by one of them alone. */
export function earliestNow({ github }: Context, center: IdentityCenter): Date {
  const here = Date.now();
  return new Date(Math.min(here, github.now().getTime(), here + (center.clockDifferenceMs() ?? 0)));
}
