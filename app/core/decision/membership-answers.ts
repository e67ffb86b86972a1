// What GitHub answered about teams and who is in them, as data, and the one way in which a decision reads it.
import type { Selector } from '../policy/policy.ts';
import type { Membership } from './people.ts';

export type MembershipAnswers = {
  readonly teams: readonly {
    readonly team: string;
    /** By settings.yaml. */
    readonly wanted: number | null;
    /** By GitHub; null when it has no such team. */
    readonly actual: number | null | 'unknown';
    /** Only those were asked for who are in the team itself, and not in a child team of it. */
    readonly directOnly?: true;
  }[];
  readonly people: readonly {
    readonly team: string;
    readonly login: string;
    readonly userId: number;
    readonly answer: Membership;
  }[];
};

export function membershipBy({ teams, people }: MembershipAnswers): (who: Selector, userId: number) => Membership {
  const known = new Map(people.map((one) => [`${one.team} ${one.userId}`, one.answer]));
  // A team deleted and made again under the same slug has another numeric id: its members are nobody's choice here.
  const trusted = new Set(teams.flatMap((one) => (one.actual !== null && one.actual === one.wanted ? [one.team] : [])));
  return (who, userId) => {
    if (who.kind === 'user') return who.id === userId ? 'member' : 'not-member';
    return trusted.has(who.team) ? (known.get(`${who.team} ${userId}`) ?? 'unknown') : 'unknown';
  };
}
