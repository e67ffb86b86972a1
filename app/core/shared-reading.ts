// One reading for all who wait for it: a hundred who ask at once cost two.

/** Whoever asks while one is under way gets the next one: the one under way may have passed what they ask about. */
export const sharedReading = <T>(read: () => Promise<T>): (() => Promise<T>) => {
  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | null = null;
  return () => {
    next ??= running.then(() => {
      const reading = read();
      next = null;
      running = reading.catch(() => undefined);
      return reading;
    });
    return next;
  };
};
