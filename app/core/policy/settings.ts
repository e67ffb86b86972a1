// settings.yaml: owners, revokers, teams, Identity Center.
import type { SettingsFields } from '../schema/settings.ts';
import type { Settings, Team } from './policy.ts';
import { type Known, readApproval, readSelectors } from './selectors.ts';
import { refuseTwins, type Source } from './source.ts';

/** One owner alone could give everything to himself. */
const DEFAULT_OWNERS = 2;
const DEFAULT_REMOVALS = 5;

export function readTeams(source: Source<SettingsFields>): ReadonlyMap<string, Team> {
  const teams = Object.entries(source.value.teams ?? {}).map(
    ([slug, field]) => [slug, typeof field === 'number' ? { id: field } : field] as const,
  );
  refuseTwins(
    source,
    teams.map(([slug, { id }]) => ({ path: ['teams', slug], value: id, owner: slug })),
    'Team id',
  );
  return new Map(teams);
}

export function readSettings(
  source: Source<SettingsFields>,
  people: Known['people'],
  teams: ReadonlyMap<string, Team>,
): Settings | null {
  const { owners: ownersField, revokers = [], identity_center: center, alarm_issue: alarmIssue } = source.value;
  const known = { people, teams };
  const entry = { count: ownersField.count ?? DEFAULT_OWNERS, from: ownersField.from };
  const owners = readApproval(known, { source, path: ['owners'] }, entry);
  const readRevokers = readSelectors(known, { source, path: ['revokers'] }, revokers);
  if (owners === null) return null;
  return {
    owners,
    revokers: readRevokers,
    teams,
    maxRemovals: source.value.max_removals ?? DEFAULT_REMOVALS,
    releasedRemovals: source.value.release_removals ?? [],
    ...(alarmIssue === undefined ? {} : { alarmIssue }),
    identityCenter: {
      instanceArn: center.instance_arn,
      identityStoreId: center.identity_store_id,
      region: center.region,
      portalUrl: center.portal_url,
    },
  };
}
