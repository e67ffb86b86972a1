// GitHub's clock, which an attack may find anywhere: set to the past while a case is prepared, and moved on while it runs.
export type Clock = {
  readonly now: () => Date;
  /** Seconds from the world's own now. */
  readonly shift: (seconds: number) => void;
};

/** `startsAt`: where GitHub's clock stands when the world begins; this machine's time otherwise. */
export function makeClock(startsAt?: Date): Clock {
  const base = startsAt === undefined ? 0 : startsAt.getTime() - Date.now();
  let shifted = 0;
  return {
    now: () => new Date(Date.now() + base + shifted * 1000),
    shift: (seconds) => {
      shifted = seconds;
    },
  };
}
