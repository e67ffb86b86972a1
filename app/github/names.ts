// People and teams as a comment names them: without pinging anybody who was not asked.
import type { ApprovalEntry, Selector } from '../core/policy/policy.ts';

export function selectorName(selector: Selector, owner: string): string {
  return selector.kind === 'team' ? `team \`${owner}/${selector.team}\`` : `\`${selector.login}\``;
}

/** `2 of team acme/incident-commanders or hubot` */
export function entryName(entry: ApprovalEntry, owner: string): string {
  return `${entry.count} of ${entry.from.map((who) => selectorName(who, owner)).join(' or ')}`;
}
