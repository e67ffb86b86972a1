// Remembers what Git answered about two ids: content under an id never changes, so neither does the answer.

const MOST = 500;

/** Errors are not kept, as objects may be on their way, nor what `isWorthKeeping` says no to. */
export function remembered<T>(
  ask: (a: string, b: string) => Promise<T>,
  isWorthKeeping: (answer: T) => boolean = () => true,
): (a: string, b: string) => Promise<T> {
  const known = new Map<string, { readonly answer: T }>();
  return async (a, b) => {
    const key = `${a} ${b}`;
    const found = known.get(key);
    if (found !== undefined) return found.answer;
    const answer = await ask(a, b);
    // Only full ids: what a name stands for changes.
    if (!/^[0-9a-f]{40,64} [0-9a-f]{40,64}$/.test(key) || !isWorthKeeping(answer)) return answer;
    if (known.size >= MOST) known.delete(known.keys().next().value ?? '');
    known.set(key, { answer });
    return answer;
  };
}
