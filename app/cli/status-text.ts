// The status as a person at 03:00 reads it: one line a grant, or everything about one.

import type { Life } from '../audit/life.ts';
import type { GrantEntry } from '../core/ledger/ledger.ts';
import type { Held } from './grant-access.ts';
import { type Proofs, proofLines } from './status-proofs.ts';
import { table } from './table.ts';
import { shown, type Terminal } from './terminal.ts';

export type StatusLine = {
  readonly id: string;
  readonly requester: string;
  readonly role: string;
  readonly account: string;
  readonly permissionSet: string;
  readonly startedAt: string;
  readonly deadline: string;
  readonly relative: string;
  readonly state: Life['state'];
  readonly end: string | null;
  readonly pullRequests: GrantEntry['pulls'];
  readonly aws: Held;
  /** AWS holds what it should hold. */
  readonly expected: boolean;
  readonly proofs: Proofs;
};

export type StatusShown = {
  readonly tip: string;
  readonly strays: readonly { readonly path: string; readonly commit: string; readonly reason: string }[];
  readonly policyDiverged: boolean;
  readonly alarms: number;
  readonly detailed: boolean;
  readonly terminal: Terminal;
};

export function statusLines(lines: readonly StatusLine[], shownBy: StatusShown): string[] {
  const { terminal, detailed, tip } = shownBy;
  const grants = detailed ? lines.flatMap((line) => details(line, terminal)) : overview(lines, terminal);
  return [...grants, '', ...concerns(shownBy), terminal.tone('dim', `By the ledger at commit ${tip}.`)];
}

function overview(lines: readonly StatusLine[], terminal: Terminal): string[] {
  if (lines.length === 0) return ['No grant is active or ending.'];
  const columns = [
    { title: 'GRANT' },
    { title: 'WHO' },
    { title: 'ACCESS' },
    { title: 'DEADLINE', rigid: true },
    { title: 'SIGNED', rigid: true },
    { title: 'AWS' },
  ];
  const rows = lines.map((line) => [
    line.id,
    line.requester,
    `${line.role} on ${line.account}`,
    `${line.deadline}\n${line.relative}`,
    line.state,
    `${line.expected ? '' : '! '}${held(line.aws)}`,
  ]);
  const [heading, ...rest] = table(columns, rows);
  return [terminal.tone('bold', heading ?? ''), ...rest];
}

function details(line: StatusLine, terminal: Terminal): string[] {
  const facts: readonly (readonly [string, string])[] = [
    ['grant', line.id],
    ['access', `${line.role} on ${line.account} for ${line.requester}`],
    ['pull requests', line.pullRequests.map((number) => `#${number}`).join(', ')],
    ['started', line.startedAt],
    ['deadline', `${line.deadline} (${line.relative})`],
    ['signed', line.end === null ? line.state : `${line.state}: ${shown(line.end)}`],
    ['AWS', terminal.tone(line.expected ? 'green' : 'red', held(line.aws))],
    ...proofLines(line.proofs),
    ['permission set', `${line.permissionSet}${'arn' in line.aws ? ` ${line.aws.arn}` : ''}`],
    ...(line.aws.kind === 'as-signed'
      ? line.aws.evidence.map((one) => ['AWS answered', `${one.at} ${one.operation} ${one.requestId}`] as const)
      : []),
  ];
  return facts.map(([name, value]) => `${name.padEnd(16)} ${value}`);
}

function held(aws: Held): string {
  switch (aws.kind) {
    case 'absent':
      return 'nothing';
    case 'as-signed':
      return `granted as signed, at ${aws.at}`;
    case 'denied':
      return `denied, not taken away yet: ${shown(aws.reason)}`;
    case 'differs':
      return `not as signed: ${shown(aws.reason)}`;
    case 'foreign':
      return 'a permission set of this name without our tag; it is never touched';
    case 'unknown':
      return `cannot be asked: ${shown(aws.reason)}`;
  }
}

function concerns({ strays, policyDiverged, alarms, terminal }: StatusShown): string[] {
  const now = [
    ...strays.map((one) => `${one.path} of commit ${one.commit.slice(0, 12)} grants nothing: ${shown(one.reason)}.`),
    ...(policyDiverged ? ['policies/ on the branch is not the policy in force.'] : []),
  ];
  const past =
    alarms === 0 ? [] : [`${alarms} alarm${alarms === 1 ? '' : 's'} in the history: \`breakglass audit\` lists them.`];
  return [...now.map((line) => terminal.tone('red', line)), ...past];
}
