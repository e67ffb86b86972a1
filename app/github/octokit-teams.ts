// Everybody who is in a team, by numeric id: GraphQL alone tells its own members from those of its child teams.
import type { Connection } from './octokit-connection.ts';
import type { GitHub, TeamMembers } from './port.ts';

export const teamVerbs = (connection: Connection): Pick<GitHub, 'teamMembers'> => ({
  teamMembers: (slug, who) =>
    teamMembers(connection, slug, who).catch((error: unknown) => {
      connection.log.warn({ team: slug, error: String(error) }, 'the members of a team cannot be known');
      throw error;
    }),
});

/** Ample: 100 a page. */
const MOST_PAGES = 1_000;

/** Pages that contradict each other are no answer: somebody would be taken for a stranger, or for a member of another team. */
const teamMembers = async (
  connection: Connection,
  slug: string,
  who: 'direct' | 'with-child-teams',
): Promise<TeamMembers | null> => {
  const members = new Set<number>();
  const cursors = new Set<string | null>([null]);
  let first: Team | null = null;
  let after: string | null = null;
  for (let count = 1; count <= MOST_PAGES; count += 1) {
    const team: Team | null = await readPage(connection, { slug, who, after });
    if (team === null && first === null) return null;
    first ??= team;
    if (team === null || first === null || idOf(team, slug) !== first.databaseId)
      throw new Error(`GitHub answers with another team ${slug} than on the page before`);
    if (team.members.nodes === null) throw new Error(`GitHub does not say who is in the team ${slug}`);
    for (const node of team.members.nodes) members.add(idOf(node, slug));
    const { hasNextPage, endCursor } = team.members.pageInfo;
    if (!hasNextPage) return whole(team, slug, members);
    if (cursors.has(endCursor)) throw new Error(`GitHub's list of the members of ${slug} leads in a circle`);
    cursors.add(endCursor);
    after = endCursor;
  }
  throw new Error(`GitHub's list of the members of ${slug} goes on after ${MOST_PAGES} pages`);
};

const whole = (team: Team, slug: string, members: ReadonlySet<number>): TeamMembers => {
  const { totalCount } = team.members;
  if (totalCount !== members.size)
    throw new Error(`GitHub names ${members.size} members of the team ${slug} and counts ${totalCount}`);
  return { id: idOf(team, slug), members, hasChildTeams: team.childTeams.totalCount > 0 };
};

type Node = { readonly databaseId: number | null };
type Team = Node & {
  readonly childTeams: { readonly totalCount: number };
  readonly members: {
    readonly totalCount: number;
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
    readonly nodes: readonly (Node | null)[] | null;
  };
};

type Page = { readonly slug: string; readonly who: 'direct' | 'with-child-teams'; readonly after: string | null };

/** Throws where GitHub answers errors, also beside data: half an answer says nothing. */
const readPage = async ({ client, at }: Connection, { slug, who, after }: Page): Promise<Team | null> => {
  const membership = who === 'direct' ? 'IMMEDIATE' : 'ALL';
  const variables = { org: at.owner, team: slug, membership, after };
  const { organization } = await client.graphql<{ readonly organization: { readonly team: Team | null } }>(
    TEAM_MEMBERS_QUERY,
    variables,
  );
  return organization.team;
};

/** Both are nullable in GitHub's schema, and somebody without a number cannot be told from anybody else. */
const idOf = (node: Node | null, slug: string): number => {
  if (typeof node?.databaseId === 'number') return node.databaseId;
  throw new Error(`GitHub gives no numeric id for the team ${slug} or for one of its members`);
};

export const TEAM_MEMBERS_QUERY = `query TeamMembers(
  $org: String!
  $team: String!
  $membership: TeamMembershipType!
  $after: String
) {
  organization(login: $org) {
    team(slug: $team) {
      databaseId
      childTeams(first: 1) { totalCount }
      members(membership: $membership, first: 100, after: $after) {
        totalCount
        pageInfo { hasNextPage endCursor }
        nodes { databaseId }
      }
    }
  }
}`;
