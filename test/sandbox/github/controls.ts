// What an administrator of the organization does by hand: teams, people, rulesets.
import { randomBytes } from 'node:crypto';
import { membershipEvent, organizationEvent, teamEvent } from './events.ts';
import { defaultRulesets, makeRuleset } from './rules.ts';
import { anAdmin } from './webhooks.ts';
import { type Role, type Ruleset, sameText, stamp, type Team, type User, type World } from './world.ts';

export const createControls = (world: World) => ({
  teams: teamControls(world),
  people: peopleControls(world),
  rulesets: rulesetControls(world),
});

export function addUser(
  world: Pick<World, 'users'>,
  facts: { login: string; id: number; role: Role; member: boolean },
): User {
  const { login, id, role, member } = facts;
  const token = `ghp_${randomBytes(18).toString('hex')}`;
  const user: User = { id, login, type: 'User', role, inOrganization: member, token };
  world.users.push(user);
  return user;
}

function teamControls(world: World) {
  const find = (slug: string): Team => {
    const team = world.teams.find((candidate) => candidate.slug === slug);
    if (!team) throw new Error(`there is no team ${slug}`);
    return team;
  };
  const create = (slug: string, id: number, members: readonly string[], parent: number | null = null): void => {
    const ids = members.map((login) => [findUser(world, login).id, 'member'] as const);
    const team: Team = { id, slug, createdAt: stamp(world), members: new Map(ids), parent };
    world.teams.push(team);
    teamEvent(world, anAdmin(world), 'created', team);
  };
  const remove = (slug: string): void => {
    const team = find(slug);
    world.teams.splice(world.teams.indexOf(team), 1);
    teamEvent(world, anAdmin(world), 'deleted', team);
  };
  return {
    create,
    delete: remove,
    /** The same name, another team: whoever trusted the name is fooled. */
    recreate: (slug: string, id: number, members: readonly string[] = []) => {
      remove(slug);
      create(slug, id, members);
    },
    add: (slug: string, login: string) => {
      const user = findUser(world, login);
      find(slug).members.set(user.id, 'member');
      membershipEvent(world, anAdmin(world), 'added', find(slug), user);
    },
    remove: (slug: string, login: string) => {
      const user = findUser(world, login);
      find(slug).members.delete(user.id);
      membershipEvent(world, anAdmin(world), 'removed', find(slug), user);
    },
  };
}

function peopleControls(world: World) {
  return {
    add: (facts: { login: string; id: number; role?: Role; member?: boolean }): void => {
      const user = addUser(world, { role: 'write', member: true, ...facts });
      if (user.inOrganization) organizationEvent(world, anAdmin(world), 'member_added', user);
    },
    /** The id stays; the old login is free for anybody to take. */
    rename: (login: string, to: string): void => {
      findUser(world, login).login = to;
    },
    setRole: (login: string, role: Role): void => {
      findUser(world, login).role = role;
    },
    /** Out of the organization, every team and the repository at once. */
    remove: (login: string): void => {
      const user = findUser(world, login);
      Object.assign(user, { role: 'none', inOrganization: false });
      for (const team of world.teams) {
        if (team.members.delete(user.id)) membershipEvent(world, anAdmin(world), 'removed', team, user);
      }
      organizationEvent(world, anAdmin(world), 'member_removed', user);
    },
  };
}

function rulesetControls(world: World) {
  return {
    list: (): readonly Ruleset[] => [...world.rulesets.values()],
    clear: () => world.rulesets.clear(),
    reset: (adminsBypass: boolean): void => {
      world.rulesets.clear();
      for (const ruleset of defaultRulesets(world, adminsBypass)) world.rulesets.set(ruleset.id, ruleset);
    },
    add: (facts: Parameters<typeof makeRuleset>[1]): number => {
      const ruleset = makeRuleset(world, facts);
      world.rulesets.set(ruleset.id, ruleset);
      return ruleset.id;
    },
    remove: (id: number) => void world.rulesets.delete(id),
  };
}

export function findUser(world: Pick<World, 'users'>, login: string): User {
  const user = world.users.find((candidate) => sameText(candidate.login, login));
  if (!user) throw new Error(`there is nobody called ${login}`);
  return user;
}
