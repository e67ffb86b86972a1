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

/** Ample: 100 a page. A cursor that leads in a circle must not hang the app. */
const MOST_PAGES = 1_000;

const teamMembers = async (
  connection: Connection,
  slug: string,
  who: 'direct' | 'with-child-teams',
): Promise<TeamMembers | null> => {
  const members = new Set<number>();
  let after: string | null = null;
  for (let count = 1; count <= MOST_PAGES; count += 1) {
    const team: Team | null = await readPage(connection, { slug, who, after });
    if (team === null) return null;
    for (const node of team.members.nodes ?? []) members.add(idOf(node, slug));
    const { hasNextPage, endCursor } = team.members.pageInfo;
    if (!hasNextPage) return { id: idOf(team, slug), members, hasChildTeams: team.childTeams.totalCount > 0 };
    after = endCursor;
  }
  throw new Error(`GitHub's list of the members of ${slug} goes on after ${MOST_PAGES} pages`);
};

type Node = { readonly databaseId: number | null };
type Team = Node & {
  readonly childTeams: { readonly totalCount: number };
  readonly members: {
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
        pageInfo { hasNextPage endCursor }
        nodes { databaseId }
      }
    }
  }
}`;
