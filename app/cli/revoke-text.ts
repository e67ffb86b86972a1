// What a person reads after `breakglass revoke` of somebody: what happened, what follows, and what it did not do.
import type { Target } from './revoke-scope.ts';
import { shown } from './terminal.ts';

export type Outcome = {
  readonly grant: string;
  /** `removed` is proved by AWS; `denied` is refused by AWS from now on and still to be destroyed. */
  readonly outcome: 'removed' | 'denied' | 'absent' | 'failed';
  readonly detail: string;
};

export type Report = {
  readonly target: string;
  readonly at: string;
  readonly reason: string;
  readonly heldUntil: string | null;
  readonly app: 'left' | 'no-app-here' | 'failed';
  readonly follows: string | null;
  readonly grants: readonly Outcome[];
};

export function reportLines(report: Report, { scopes }: Target): readonly string[] {
  const { grants, target, heldUntil, follows } = report;
  const counts = (['removed', 'denied', 'absent', 'failed'] as const)
    .map((outcome) => [grants.filter((one) => one.outcome === outcome).length, outcome] as const)
    .filter(([count]) => count > 0)
    .map(([count, outcome]) => `${count} ${outcome}`);
  return [
    grants.length === 0 ? `No live grant of ${target}.` : `Grants of ${target}: ${counts.join(', ')}.`,
    ...grants.map((one) => `  ${one.grant}: ${one.outcome}  ${shown(one.detail)}`),
    ...(follows === null ? [] : [`What follows: ${shown(follows)}`]),
    ...held(report, heldUntil),
    'What this did not do:',
    ...notDone(scopes[0].kind, target).map((line) => `  - ${line}`),
  ];
}

function held({ target, app }: Report, heldUntil: string | null): readonly string[] {
  if (heldUntil !== null)
    return [`Until ${heldUntil} the app merges no request of ${target}, and ends whatever is merged all the same.`];
  if (app === 'left') return [`Nothing is held: a request of ${target} that is approved now is granted.`];
  return [
    `The app's data folder is not here or not writable, so nothing is held: a request of ${target} that is approved now is granted. Run this where the app runs, with its BREAKGLASS_DATA_DIR.`,
  ];
}

function notDone(kind: Target['scopes'][number]['kind'], target: string): readonly string[] {
  const made =
    'What was made with the access (keys, roles, users, sessions of other roles) is still there: look in CloudTrail for the roles AWSReservedSSO_bg-….';
  const requests = 'Open requests stay open: close them, or comment /reject.';
  switch (kind) {
    case 'person':
      return [
        `${target} stays in policy, may ask again and may approve: owners remove them from policies/people.yaml and the teams by a pull request.`,
        requests,
        'The accounts at GitHub and in IAM Identity Center stay enabled: disable them there.',
        made,
      ];
    case 'account':
      return [
        `${target} stays in policy: owners remove it from policies/accounts.yaml by a pull request.`,
        requests,
        made,
      ];
    case 'all':
      return [
        'Policy is as it was, and so are the keys: owners look through policies/; `breakglass keys rotate` replaces the signing key.',
        requests,
        made,
      ];
  }
}
