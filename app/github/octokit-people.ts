// Who the App is and who is in a team, as GitHub says now; what GitHub does not say is `unknown`.
import type { Connection } from './octokit-connection.ts';
import { failureOf, hasStatus } from './octokit-failure.ts';
import { toUser } from './octokit-shapes.ts';
import type { GitHub, Membership } from './port.ts';

type Self = Awaited<ReturnType<GitHub['self']>>;

export const peopleVerbs = (connection: Connection): Pick<GitHub, 'self' | 'teamId' | 'membership'> => {
  let self: Promise<Self> | undefined;
  return {
    self: () => {
      // Kept, since it never changes; a failure is not.
      self ??= readSelf(connection).catch((error: unknown) => {
        self = undefined;
        throw error;
      });
      return self;
    },
    teamId: (slug) => teamId(connection, slug),
    membership: (slug, login) => membership(connection, slug, login),
  };
};

const readSelf = async ({ client, app }: Connection): Promise<Self> => {
  const slug = app.slug ?? (await client.rest.apps.getAuthenticated()).data?.slug;
  if (slug === undefined) throw new Error(`GitHub does not name the App ${app.id}. Check BREAKGLASS_APP_ID.`);
  const user = toUser((await client.rest.users.getByUsername({ username: `${slug}[bot]` })).data);
  if (user === null) throw new Error(`GitHub does not know ${slug}[bot]`);
  return { appId: app.id, slug, user };
};

const teamId = async ({ client, at }: Connection, slug: string): Promise<number | null> => {
  try {
    return (await client.rest.teams.getByName({ org: at.owner, team_slug: slug })).data.id;
  } catch (error) {
    if (hasStatus(error, 404)) return null;
    throw error;
  }
};

const membership = async (connection: Connection, slug: string, login: string): Promise<Membership> => {
  const { client, at, log } = connection;
  try {
    const params = { org: at.owner, team_slug: slug, username: login };
    const { data } = await client.rest.teams.getMembershipForUserInOrg(params);
    if (data.state === 'active') return 'member';
    // Invited, and has not accepted.
    return data.state === 'pending' ? 'not-member' : 'unknown';
  } catch (error) {
    // GitHub hides what an App may not see behind the same 404, so the team itself has to be visible.
    if (hasStatus(error, 404) && (await isVisible(connection, slug))) return 'not-member';
    log.warn({ team: slug, login, answer: failureOf(error) ?? String(error) }, 'a team membership cannot be known');
    return 'unknown';
  }
};

const isVisible = async (connection: Connection, slug: string): Promise<boolean> => {
  try {
    return (await teamId(connection, slug)) !== null;
  } catch {
    return false;
  }
};
