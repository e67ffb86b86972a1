// The query for a team and who is in it: by itself, or by a child team as well.
import { type Answered, forbiddenAt, holds, type Query } from './graphql-answer.ts';
import { sameText, withChildTeams } from './world.ts';

export const teamQuery: Query = (call, { org, team: slug, membership, after }): Answered => {
  const { world } = call;
  if (!sameText(String(org), world.organization.login)) {
    const message = `Could not resolve to an Organization with the login of '${org}'.`;
    return { data: { organization: null }, errors: [{ type: 'NOT_FOUND', path: ['organization'], message }] };
  }
  if (!holds(call, 'members'))
    return { data: { organization: { team: null } }, errors: [forbiddenAt('organization', 'team')] };
  const team = world.teams.find((one) => one.slug === slug);
  if (team === undefined) return { data: { organization: { team: null } } };
  const direct = team.members;
  const all = withChildTeams(world, team);
  const shown = world.users.filter(({ id }) => {
    if (membership === 'IMMEDIATE') return direct.has(id);
    return all.has(id) && (membership === 'ALL' || !direct.has(id));
  });
  const start = typeof after === 'string' ? shown.findIndex(({ id }) => cursor(id) === after) + 1 : 0;
  const page = shown.slice(start, start + PAGE);
  const last = page.at(-1);
  const found = {
    databaseId: team.id,
    childTeams: { totalCount: world.teams.filter(({ parent }) => parent === team.id).length },
    members: {
      totalCount: shown.length,
      pageInfo: {
        hasNextPage: start + page.length < shown.length,
        endCursor: last === undefined ? null : cursor(last.id),
      },
      nodes: page.map(({ id }) => ({ databaseId: id })),
    },
  };
  return { data: { organization: { team: found } } };
};

const PAGE = 100;

const cursor = (id: number): string => Buffer.from(`cursor:v2:${id}`).toString('base64');
