// Globs of rules.yaml: `*` stands for any number of characters, everything else for itself; anchored, case matters.

/** By hand and not by a regular expression: `*a*a*a*…` in a pull request must not cost exponential time. */
export function matchesGlob(glob: string, text: string): boolean {
  const [head = '', ...rest] = glob.split('*');
  const tail = rest.pop();
  if (tail === undefined) return glob === text;
  if (!text.startsWith(head) || !text.endsWith(tail) || text.length < head.length + tail.length) return false;
  const end = text.length - tail.length;
  let at = head.length;
  for (const part of rest) {
    // The leftmost place is always as good as any other: it leaves the most for the parts after it.
    const found = text.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

export function isGlob(text: string): boolean {
  return text.includes('*');
}
