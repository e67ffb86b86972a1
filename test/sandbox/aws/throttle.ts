// The limit that all Identity Center APIs share: 20 calls a second, with a bucket of one second's worth.
import { refuse } from './refusal.ts';

export function createThrottle(tps: number | undefined): () => void {
  if (tps === undefined) return () => {};
  let tokens = tps;
  let filledAt = performance.now();
  return () => {
    const now = performance.now();
    tokens = Math.min(tps, tokens + ((now - filledAt) / 1000) * tps);
    filledAt = now;
    if (tokens < 1) refuse('ThrottlingException', 'Rate exceeded');
    tokens -= 1;
  };
}
