// Refuses an old Node in a sentence. No imports and no new syntax: an old Node must be able to read this file.

/** Null when the version will do. */
export function refuseOldNode(version: string): string | null {
  const parts = version.replace(/^v/, '').split('.').map(Number);
  const major = parts[0] || 0;
  const minor = parts[1] || 0;
  const recent = major > 22 || (major === 22 && minor >= 20);
  return recent ? null : `breakglass needs Node 22.20 or newer; this is ${version}`;
}
