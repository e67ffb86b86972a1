// What a supervisor that was killed left running: ended before this one touches the same stacks.
import type { Logger } from 'pino';
import { eradicate, isAlive, markedProcesses, startOf } from './process-tree.ts';

/** Ends every operation whose supervisor is gone. Answers when they are gone too. */
export async function reapOrphans(log: Logger): Promise<void> {
  const orphaned = markedProcesses().filter((each) => each.supervisor !== null && !lives(each.supervisor));
  for (const operation of new Set(orphaned.map((each) => each.operation))) {
    log.warn({ operation }, 'an operation outlived its supervisor and is ended');
    await eradicate(operation);
  }
}

/** `<pid>-<start time>`: the start time tells a supervisor from a later process with its number. */
function lives(supervisor: string): boolean {
  const [pid = '', start = ''] = supervisor.split(/-(.*)/s);
  return isAlive(Number(pid)) && (startOf(Number(pid)) ?? '') === start;
}
