// The request's comment after the merge: where the access stands, until when, and how to end it.
import type { Evidence } from '../aws/port.ts';
import type { GrantEntry } from '../core/ledger/ledger.ts';
import { MARKER } from './report.ts';
import { quoted, sentence, utc } from './text.ts';

export type GrantState =
  | { readonly kind: 'granting' }
  | {
      readonly kind: 'active';
      readonly at: string;
      readonly evidence: readonly Evidence[];
      /** What somebody had changed in AWS, when it has just been put right. */
      readonly repaired?: string;
    }
  | { readonly kind: 'failing'; readonly reason: string }
  | { readonly kind: 'ending'; readonly ended: string }
  | { readonly kind: 'removed'; readonly ended: string; readonly proof: string }
  | { readonly kind: 'recorded'; readonly ended: string; readonly commit: string };

export type GrantComment = {
  readonly body: string;
  /** A line that stands in the comment exactly while it says this state. */
  readonly mark: string;
};

export function grantComment(entry: GrantEntry, state: GrantState): GrantComment {
  const { grant, deadline } = entry;
  const mark = markOf(entry, state.kind);
  const body = [
    `${MARKER}\n${mark}`,
    `### ${grant.role} on ${grant.account} for ${entry.record.requester.login}, ${grant.duration}`,
    ...lines(entry, state),
    `Grant \`${entry.id}\`, ${state.kind === 'recorded' || state.kind === 'removed' ? 'ended' : 'ends'} ${utc(deadline)} at the latest, ${grant.duration} after ${utc(entry.startedAt)}.`,
  ].join('\n\n');
  return { mark, body: `${body}\n` };
}

/** Marks of what the comment may go on saying: the time of a confirmation stands, and a retry is no news. */
export function standing(entry: GrantEntry, state: GrantState): readonly string[] {
  const { kind } = state;
  // What was put right is news, and then stands for as long as the access does.
  if (kind === 'active' && state.repaired !== undefined) return [repairMark(state)];
  if (kind === 'granting') return (['granting', 'failing', 'active'] as const).map((one) => markOf(entry, one));
  // A failure may have another reason now.
  return [markOf(entry, kind === 'failing' ? 'active' : kind)];
}

function markOf({ resolved }: GrantEntry, kind: GrantState['kind']): string {
  return `<!-- breakglass:${kind}:${resolved.deadline} -->`;
}

function repairMark({ at }: { readonly at: string }): string {
  return `<!-- breakglass:repaired:${at} -->`;
}

function lines(entry: GrantEntry, state: GrantState): string[] {
  switch (state.kind) {
    case 'granting':
      return [
        '**Approved and merged; AWS is making the access.** It usually takes less than a minute; this comment changes when it is there.',
      ];
    case 'active':
      return [
        `**Active until ${utc(entry.deadline)}.** [Open the AWS access portal](${portalLink(entry)}) and pick \`${entry.resolved.permissionSetName}\` in account ${entry.resolved.accountName} (${entry.resolved.accountId}).`,
        ...(state.repaired === undefined ? [] : [repairedLine(state.at, state.repaired)]),
        'Done early? Comment `/revoke` on a line by itself. Need longer? Open a pull request that raises `duration` in the grant file, before the deadline.',
        `<details><summary>Confirmed by AWS at ${state.at}</summary>\n\n${requestIds(state.evidence)}\n\n</details>`,
      ];
    case 'failing':
      return [
        `**Merged, but AWS does not have it yet:** ${quoted(state.reason)}`,
        "It is tried again by itself until the deadline. If it stays like this, the platform team finds the details in the app's log under this grant's id.",
      ];
    case 'ending':
      return [`**Ending: ${sentence(state.ended)}.** Calls are denied; the access is being taken away.`];
    case 'removed':
      return [
        `**Ended: ${sentence(state.ended)}.** AWS proved that the access is gone. The file is taken out by a pull request of the app.`,
        `<details><summary>Proof</summary>\n\n${quoted(state.proof)}\n\n</details>`,
      ];
    case 'recorded':
      return [
        `**Ended: ${sentence(state.ended)}.** AWS proved that the access is gone; the proof is in commit ${state.commit}.`,
      ];
  }
}

function repairedLine(at: string, repaired: string): string {
  return `${repairMark({ at })}\nSomebody changed this access in AWS, and it is put right again since ${utc(new Date(at))}: ${quoted(repaired)}`;
}

/** Identity Center's own deep link into one account and role. */
function portalLink({ resolved }: GrantEntry): string {
  const query = new URLSearchParams({ account_id: resolved.accountId, role_name: resolved.permissionSetName });
  return `${resolved.portalUrl.replace(/\/+$/, '')}/#/console?${query}`;
}

function requestIds(evidence: readonly Evidence[]): string {
  return evidence.map((one) => `- ${one.operation} \`${one.requestId}\``).join('\n');
}
