// What a person can do in an account, now or at another time: fresh sign-ins, live sessions, chained roles.
import { randomUUID } from 'node:crypto';
import { type Decision, evaluate } from './evaluate.ts';
import { managedStatements } from './managed-policies.ts';
import type { User } from './organisation.ts';
import { durationMinutes } from './permission-sets.ts';
import { readPolicy, type Statement } from './policy-document.ts';
import { type Content, type Role, roleKey, type World } from './world.ts';

/** A role of the account itself, which a person may chain into. */
export type OtherRole = {
  readonly account: string;
  readonly name: string;
  readonly inlinePolicy?: string;
  readonly managedPolicies?: readonly string[];
};

export type Session = {
  readonly id: string;
  readonly userId: string;
  readonly account: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly of:
    | { readonly kind: 'permission-set'; readonly roleId: string; readonly setArn: string }
    | { readonly kind: 'chained'; readonly role: OtherRole };
};

export type Question = {
  readonly user: string;
  readonly account: string;
  readonly action: string;
  readonly at: Date;
  readonly resource: string;
};

/** A person who signs in afresh picks one of the roles assigned to them: the union of what each role may do. */
export function whatCanUser(world: World, question: Question): Decision {
  const user = findUser(world, question.user);
  const account = accountId(world, question.account);
  const roles = assignedRoles(world, user, account);
  const decisions = roles.map((role) => ({
    role,
    decision: decide(world, role, user, { ...question, issuedAt: question.at }),
  }));
  const allowed = decisions.find(({ decision }) => decision.kind === 'allowed');
  if (allowed !== undefined) return { kind: 'allowed', reason: `${allowed.role.name}: ${allowed.decision.reason}` };
  const reasons = decisions.map(({ role, decision }) => `${role.name}: ${decision.reason}`);
  return { kind: 'denied', reason: reasons.join('; ') || `${user.userName} is assigned to nothing in ${account}` };
}

/** A live session is judged call by call against what its role holds at that moment. */
export function whatCanSession(world: World, session: Session, question: Omit<Question, 'user' | 'account'>): Decision {
  if (question.at >= session.expiresAt) return { kind: 'denied', reason: 'the session has expired' };
  const user = findUser(world, session.userId);
  if (session.of.kind === 'chained') {
    const role = session.of.role;
    return decide(world, chainedRole(role), user, { ...question, issuedAt: session.issuedAt });
  }
  const { roleId, setArn } = session.of;
  const live = world.roles.get(roleKey(session.account, setArn));
  if (live?.roleId === roleId) return decide(world, live, user, { ...question, issuedAt: session.issuedAt });
  const gone = world.deletedRoles.get(roleId);
  if (gone === undefined || world.organisation.roleDeletionEndsSessions !== false) {
    return { kind: 'denied', reason: 'the role of the session is deleted' };
  }
  return decide(world, gone, user, { ...question, issuedAt: session.issuedAt });
}

export function signInto(world: World, user: string, account: string, set: string): Session {
  const person = findUser(world, user);
  const where = accountId(world, account);
  const role = assignedRoles(world, person, where).find(
    (one) => one.setArn === set || world.sets.get(one.setArn)?.name === set,
  );
  if (role === undefined) throw new Error(`${person.userName} is not assigned to ${set} in ${where}.`);
  return openSession(world, {
    userId: person.userId,
    account: where,
    minutes: durationMinutes(role.content.sessionDuration) ?? 60,
    of: { kind: 'permission-set', roleId: role.roleId, setArn: role.setArn },
  });
}

/** Role chaining: the new session lives by the other role's policies, at most an hour. */
export function chainInto(world: World, session: Session, role: OtherRole): Session {
  const decision = whatCanSession(world, session, {
    action: 'sts:AssumeRole',
    resource: chainedRole(role).arn,
    at: world.now(),
  });
  if (decision.kind === 'denied') throw new Error(`AccessDenied: sts:AssumeRole on ${role.name}: ${decision.reason}`);
  return openSession(world, {
    userId: session.userId,
    account: role.account,
    minutes: 60,
    of: { kind: 'chained', role },
  });
}

type Opening = Pick<Session, 'userId' | 'account' | 'of'> & { readonly minutes: number };

function openSession(world: World, { minutes, ...opening }: Opening): Session {
  const issuedAt = world.now();
  return { id: randomUUID(), ...opening, issuedAt, expiresAt: new Date(issuedAt.getTime() + minutes * 60_000) };
}

type Judged = Omit<Question, 'user' | 'account'> & { readonly issuedAt: Date };

function decide(
  world: World,
  role: Pick<Role, 'account' | 'arn' | 'roleId' | 'content'>,
  user: User,
  judged: Judged,
): Decision {
  // No policy can take it away: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
  if (judged.action.toLowerCase() === 'sts:getcalleridentity') {
    return { kind: 'allowed', reason: 'GetCallerIdentity needs no permission' };
  }
  const context = new Map([
    ['aws:currenttime', judged.at.toISOString()],
    ['aws:tokenissuetime', judged.issuedAt.toISOString()],
    ['aws:principalarn', role.arn],
    ['aws:principalaccount', role.account],
    ['aws:userid', `${role.roleId}:${user.userName}`],
    ['aws:requestedregion', world.organisation.region],
    ['identitystore:userid', user.userId],
  ]);
  return evaluate(statementsOf(role.content), { action: judged.action, resource: judged.resource, context });
}

function statementsOf(content: Content): readonly Statement[] {
  const customer = content.customerPolicies[0];
  if (customer !== undefined) throw new Error(`The evaluator does not know the customer policy ${customer.Name}.`);
  return [...readPolicy(content.inlinePolicy), ...content.managedPolicies.flatMap(managedStatements)];
}

function assignedRoles(world: World, user: User, account: string): readonly Role[] {
  return world.assignments
    .filter((assignment) => assignment.account === account && assignment.principalId === user.userId)
    .flatMap((assignment) => world.roles.get(roleKey(account, assignment.setArn)) ?? []);
}

function chainedRole(role: OtherRole): Pick<Role, 'account' | 'arn' | 'roleId' | 'content'> {
  return {
    account: role.account,
    arn: `arn:aws:iam::${role.account}:role/${role.name}`,
    roleId: `AROA${role.name.toUpperCase()}`,
    content: {
      inlinePolicy: role.inlinePolicy ?? '',
      managedPolicies: role.managedPolicies ?? [],
      customerPolicies: [],
      sessionDuration: 'PT1H',
    },
  };
}

function findUser(world: World, named: string): User {
  const users = world.organisation.users;
  const user = users.find((one) => one.userId === named || one.userName === named);
  if (user === undefined) throw new Error(`The organisation has no user ${named}.`);
  return user;
}

function accountId(world: World, named: string): string {
  const account = [...world.accounts.values()].find((one) => one.id === named || one.name === named);
  if (account === undefined) throw new Error(`The organisation has no account ${named}.`);
  return account.id;
}
