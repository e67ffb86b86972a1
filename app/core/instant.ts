// Moments as records, tags and policies write them: whole seconds, UTC.
/** `2026-11-22T05:04:00Z`; what is left of a second is cut off. */
export function wholeSeconds(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`;
}
