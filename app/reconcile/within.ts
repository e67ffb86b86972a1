// An answer that is waited for only so long: what asked goes on without it.
import { setTimeout } from 'node:timers/promises';

/** `otherwise` when the answer is late; a failure of the answer is the caller's, as ever. */
export async function withinMs<T, U>(ms: number, answer: Promise<T>, otherwise: U): Promise<T | U> {
  const stop = new AbortController();
  const late = setTimeout(ms, otherwise, { signal: stop.signal }).catch(() => otherwise);
  try {
    return await Promise.race([answer, late]);
  } finally {
    stop.abort();
  }
}
