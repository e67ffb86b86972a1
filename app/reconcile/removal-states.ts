// How far each grant that a removal takes out is on its way to proven absence.

import type { Change } from '../core/decision/change.ts';
import { mayEnd, revokedBy } from '../core/decision/early-end.ts';
import type { PullFacts, RemovalState } from '../core/decision/facts.ts';
import { headHistory } from '../core/decision/head-history.ts';
import { endOf } from '../core/ledger/ends.ts';
import type { Ledger } from '../core/ledger/ledger.ts';
import type { Pull } from '../github/port.ts';
import type { Context } from './context.ts';

/** What somebody else pushed to an approver's branch is not the approver's wish to end anything. */
export function whoseWord(pull: Pull, pushes: PullFacts['pushes']): Pull {
  const history = headHistory({ pull, pushes });
  return history.kind === 'unapprovable' && history.code === 'foreign-push' ? { ...pull, author: null } : pull;
}

/** A removal opened by somebody who may end the grant is itself the end of it. */
export function removalStates(
  { memory, github }: Context,
  ledger: Ledger,
  pull: Pull,
  change: Change,
  membership: PullFacts['membership'],
): ReadonlyMap<string, RemovalState> {
  if (change.kind !== 'removal') return new Map();
  const policy = ledger.policy.value;
  return new Map(
    change.files.map(({ id }): readonly [string, RemovalState] => {
      const stray = ledger.strays.find((one) => one.id === id);
      if (stray !== undefined)
        return [id, { kind: 'proven', ended: `never authorized: ${stray.reason}`, proof: 'never granted' }];
      const entry = ledger.grants.get(id);
      if (entry === undefined) return [id, { kind: 'live' }];
      const recorded = entry.removed?.record?.removed.find((one) => one.grantId === id);
      const proof = memory.proven.get(id) ?? recorded;
      if (proof !== undefined) return [id, { kind: 'proven', ended: proof.ended, proof: proof.proof }];
      const end = endOf(entry, policy, github.now(), memory.revoked.get(id));
      if (end !== null) return [id, { kind: 'waiting', sentence: `ended (${end.sentence}); waiting for AWS's proof` }];
      if (pull.author !== null && mayEnd({ entry, policy, membership }, pull.author)) {
        const revoked = revokedBy(pull.author, pull.createdAt);
        return [
          id,
          { kind: 'waiting', sentence: 'being ended; waiting for AWS to prove that the access is gone', revoked },
        ];
      }
      return [id, { kind: 'live' }];
    }),
  );
}
