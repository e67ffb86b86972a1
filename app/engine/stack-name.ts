// How a grant's stack is called, and back: one project, one stack per grant.
export const PROJECT = 'breakglass';

const PREFIX = 'g-';

export function stackName(grantId: string): string {
  // Grant ids become file names and command-line arguments here: nothing else may pass, whoever calls.
  if (!/^[a-z0-9][a-z0-9-]{2,62}$/.test(grantId)) throw new Error('not a grant id');
  return `${PREFIX}${grantId}`;
}

/** The grant of a stack, or null for a stack that is not ours. */
export function grantOfStack(name: string): string | null {
  const id = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : '';
  return /^[a-z0-9][a-z0-9-]{2,62}$/.test(id) ? id : null;
}
