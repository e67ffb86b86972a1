// The audit as a person reads it: one table, then what no authorization explains, then what was verified.
import type { Audit, AuditedGrant } from '../audit/report.ts';
import { verifies } from '../audit/report.ts';
import { wholeSeconds } from '../core/instant.ts';
import type { SourcedLedger } from './ledger-source.ts';
import { type Column, table, wrap } from './table.ts';
import { shown, type Terminal } from './terminal.ts';

export type AuditShown = {
  readonly source: SourcedLedger;
  readonly terminal: Terminal;
  readonly at?: Date;
};

const WIDTH = 120;
const COLUMNS: readonly Column[] = [
  { title: 'GRANT' },
  { title: 'WHO' },
  { title: 'ROLE' },
  { title: 'ACCOUNT' },
  { title: 'APPROVED BY' },
  { title: 'START, END', rigid: true },
  { title: 'STATE', rigid: true },
  { title: 'PULL', rigid: true },
];

export function auditLines(audit: Audit, shownBy: AuditShown): string[] {
  const { terminal, at } = shownBy;
  const [heading, ...rows] = table(COLUMNS, audit.grants.map(row), WIDTH);
  const when = at === undefined ? '' : ` with access at ${wholeSeconds(at)}`;
  const grants = audit.grants.length === 0 ? [`No grants${when}.`] : [terminal.tone('bold', heading ?? ''), ...rows];
  return [...grants, '', ...unexplained(audit, terminal), ...rootLines(audit, shownBy)];
}

function row(grant: AuditedGrant): string[] {
  const people = [...grant.approvedBy, ...grant.extensions.flatMap((one) => one.approvedBy)].map((one) => one.login);
  const why = grant.end === null || grant.end.startsWith('deadline ') ? [] : wrap(shown(grant.end), 24);
  return [
    grant.id,
    grant.requester.login,
    grant.role,
    grant.account,
    people.length === 0 ? `rule ${grant.rule}` : [...new Set(people)].join(', '),
    [grant.startedAt, grant.endedAt, ...why].join('\n'),
    grant.state,
    grant.pullRequests.map((number) => `#${number}`).join('\n'),
  ];
}

function unexplained(audit: Audit, terminal: Terminal): string[] {
  const strays = audit.strays.map((one) => `${one.path} of commit ${one.commit.slice(0, 12)}: ${one.reason}`);
  const alarms = audit.alarms.map((one) => `${one.at} ${one.code}: ${one.message}`);
  const diverged = audit.policy.diverged
    ? [`policies/ on the branch is not the policy in force, which is that of commit ${audit.policy.commit}.`]
    : [];
  return [
    ...section('Files on the branch that grant nothing:', strays, terminal),
    ...section('Alarms:', [...diverged, ...alarms], terminal),
  ];
}

function section(title: string, items: readonly string[], terminal: Terminal): string[] {
  if (items.length === 0) return [];
  const lines = items.flatMap((item) =>
    wrap(shown(item), WIDTH - 4).map((line, i) => `${i === 0 ? '  - ' : '    '}${line}`),
  );
  return [terminal.tone('red', title), ...lines, ''];
}

function rootLines(audit: Audit, { source, terminal }: AuditShown): string[] {
  const { grant, extension, removal, change } = audit.authorizations;
  const total = grant + extension + removal + change;
  const counted = `${total} authorizations verified (grants ${grant}, extensions ${extension}, removals ${removal}, changes ${change}) in ${audit.position + 1} commits up to ${audit.tip}.`;
  if (source.rootGiven) {
    const verdict = verifies(audit)
      ? terminal.tone('green', 'Verified: all of it chains to the given root.')
      : terminal.tone('red', 'NOT VERIFIED: see what is listed above.');
    return [...wrap(counted, WIDTH), verdict];
  }
  const unverified = [
    'Not verified: the root was taken from the history itself, which therefore only chains to itself.',
    'To check it against a root you know, compare these with the configuration of the app, or pass them from there:',
  ];
  const { genesis, fingerprints, repositoryId } = source.root;
  const command = [
    'audit --verify',
    `--root ${genesis}`,
    ...fingerprints.map((one) => `--fingerprint ${one}`),
    `--repository-id ${repositoryId}`,
  ];
  return [
    ...wrap(counted, WIDTH),
    ...unverified.map((line) => terminal.tone('yellow', line)),
    ...command.map((part, i) => `  ${i === 0 ? 'breakglass ' : '    '}${part}${i < command.length - 1 ? ' \\' : ''}`),
  ];
}
