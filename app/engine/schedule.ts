// Who runs when: so many operations at once, one per account, ends before grants and a slot kept for them.
export type Turn = {
  readonly action: 'grant' | 'preview' | 'end';
  readonly accountId: string;
  /** Whose access it is, for fairness among grants. */
  readonly userId?: string;
  readonly signal?: AbortSignal;
};

export type Schedule = {
  /** Runs the work when its turn comes; answers `cancelled` when the signal ends the wait. */
  readonly run: <T>(turn: Turn, work: () => Promise<T>) => Promise<T | 'cancelled'>;
  readonly idle: () => Promise<void>;
};

type Waiting = Turn & { readonly start: () => void };

export function createSchedule(operations: number): Schedule {
  const waiting: Waiting[] = [];
  const running = new Set<Turn>();
  const onIdle: (() => void)[] = [];
  const advance = () => {
    for (let next = takeNext(waiting, running, operations); next; next = takeNext(waiting, running, operations)) {
      running.add(next);
      next.start();
    }
    if (running.size === 0 && waiting.length === 0) for (const resolve of onIdle.splice(0)) resolve();
  };
  const run = async <T>(turn: Turn, work: () => Promise<T>): Promise<T | 'cancelled'> => {
    const granted = await new Promise<Waiting | null>((resolve) => {
      const entry: Waiting = { ...turn, start: () => resolve(entry) };
      waiting.push(entry);
      turn.signal?.addEventListener('abort', () => leave(entry, waiting, resolve), { once: true });
      if (turn.signal?.aborted) leave(entry, waiting, resolve);
      advance();
    });
    if (granted === null) {
      advance();
      return 'cancelled';
    }
    try {
      return await work();
    } finally {
      running.delete(granted);
      advance();
    }
  };
  const idle = () =>
    new Promise<void>((resolve) => {
      onIdle.push(resolve);
      advance();
    });
  return { run, idle };
}

/** Removes and answers the next one that may run: the oldest end, else the fairest grant. */
function takeNext(waiting: Waiting[], running: ReadonlySet<Turn>, operations: number): Waiting | undefined {
  const busy = new Set([...running].map((turn) => turn.accountId));
  const grants = [...running].filter((turn) => turn.action !== 'end').length;
  const free = (turn: Waiting) => !busy.has(turn.accountId);
  // Access must end on time even when grants pile up: the last slot never goes to a grant (unless it is the only one).
  const mayGrant = grants < Math.max(1, operations - 1);
  if (running.size >= operations) return undefined;
  const next =
    waiting.find((turn) => turn.action === 'end' && free(turn)) ??
    (mayGrant
      ? fairest(
          waiting.filter((turn) => turn.action !== 'end' && free(turn)),
          running,
        )
      : undefined);
  if (next) waiting.splice(waiting.indexOf(next), 1);
  return next;
}

/** The oldest of whoever has the fewest under way: one person's hundred grants do not hold up another's first. */
function fairest(grants: readonly Waiting[], running: ReadonlySet<Turn>): Waiting | undefined {
  const underWay = (turn: Turn) =>
    [...running].filter((one) => one.userId === turn.userId && one.action !== 'end').length;
  const fewest = Math.min(...grants.map(underWay));
  return grants.find((turn) => underWay(turn) === fewest);
}

function leave(entry: Waiting, waiting: Waiting[], resolve: (value: null) => void): void {
  const index = waiting.indexOf(entry);
  if (index === -1) return; // it runs: stopping it is the work's own matter
  waiting.splice(index, 1);
  resolve(null);
}
