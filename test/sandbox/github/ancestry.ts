// Who descends from whom, told from commits that were read once: every view of a pull request asks it anew.

type ParentsOf = (sha: string) => Promise<readonly string[]>;

export type Ancestry = {
  /** A commit is its own ancestor, as for git. */
  readonly isAncestor: (a: string, b: string) => Promise<boolean>;
  /** Of several equally good ones, one of them; undefined for histories that have nothing in common. */
  readonly mergeBase: (a: string, b: string) => Promise<string | undefined>;
};

export function createAncestry(parentsOf: ParentsOf): Ancestry {
  const isAncestor = async (a: string, b: string): Promise<boolean> => {
    for await (const one of upwards(parentsOf, b)) if (one === a) return true;
    return false;
  };
  const mergeBase = async (a: string, b: string): Promise<string | undefined> => {
    const mine = new Set<string>();
    for await (const one of upwards(parentsOf, a)) mine.add(one);
    // Below one that both have lies nothing better.
    const common: string[] = [];
    for await (const one of upwards(parentsOf, b, (sha) => mine.has(sha))) if (mine.has(one)) common.push(one);
    for (const one of common) {
      const others = await Promise.all(common.map((other) => other !== one && isAncestor(one, other)));
      if (!others.includes(true)) return one;
    }
    return undefined;
  };
  return { isAncestor, mergeBase };
}

async function* upwards(
  parentsOf: ParentsOf,
  from: string,
  isEnd: (sha: string) => boolean = () => false,
): AsyncGenerator<string> {
  const seen = new Set([from]);
  const waiting = [from];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    yield next;
    if (isEnd(next)) continue;
    for (const parent of await parentsOf(next))
      if (!seen.has(parent)) {
        seen.add(parent);
        waiting.push(parent);
      }
  }
}
