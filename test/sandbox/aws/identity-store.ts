// The identity store: people looked up by id, by user name, by e-mail address.
import { type Call, type Handler, pageSize } from './call.ts';
import { type Input, isStructure, list, type Output, structure, text } from './input.ts';
import type { User } from './organisation.ts';
import { page } from './paging.ts';
import { refuse } from './refusal.ts';
import type { World } from './world.ts';

export const IDENTITY_STORE: Readonly<Record<string, Handler>> = {
  DescribeUser: (call) => {
    checkStore(call);
    const id = text(call.input, 'UserId');
    return describe(call.world, call.world.users.get(id) ?? notFound());
  },
  GetUserId: getUserId,
  ListUsers: (call) => {
    checkStore(call);
    const filters = list(call.input, 'Filters').filter(isStructure);
    const wanted = [...call.world.users.values()].filter((user) =>
      filters.every((filter) => attribute(user, text(filter, 'AttributePath')) === filter.AttributeValue),
    );
    const { items, ...next } = page(wanted, call.input, pageSize(call.world));
    return { Users: items.map((user) => describe(call.world, user)), ...next };
  },
};

function getUserId(call: Call): Output {
  checkStore(call);
  const unique = structure(structure(call.input, 'AlternateIdentifier') ?? {}, 'UniqueAttribute');
  if (unique === undefined) return refuse('ValidationException', 'AlternateIdentifier needs a UniqueAttribute');
  const user = [...call.world.users.values()].find((one) => matches(one, unique)) ?? notFound();
  return {
    IdentityStoreId: call.world.organisation.identityStoreId,
    UserId: user.userId,
    UserArn: userArn(user),
  };
}

// Only these two are unique attributes of a user.
function matches(user: User, unique: Input): boolean {
  const path = text(unique, 'AttributePath');
  if (path.toLowerCase() === 'username') return user.userName === unique.AttributeValue;
  if (path.toLowerCase() === 'emails.value') return user.email === unique.AttributeValue;
  return refuse('ValidationException', `${path} is not a unique attribute`);
}

function attribute(user: User, path: string): string {
  switch (path) {
    case 'UserName':
      return user.userName;
    case 'DisplayName':
      return user.displayName;
    default:
      return refuse('ValidationException', `ListUsers does not filter by ${path}`);
  }
}

function describe(world: World, user: User): Output {
  return {
    IdentityStoreId: world.organisation.identityStoreId,
    UserId: user.userId,
    UserArn: userArn(user),
    Revision: '1',
    UserName: user.userName,
    DisplayName: user.displayName,
    Emails: [{ Value: user.email, Type: 'work', Primary: true }],
    UserStatus: 'ENABLED',
  };
}

function checkStore({ world, input }: Call): void {
  const store = text(input, 'IdentityStoreId');
  if (store === world.organisation.identityStoreId) return;
  refuse('AccessDeniedException', `User is not authorized to access identity store ${store}`);
}

function userArn(user: User): string {
  return `arn:aws:identitystore:::user/${user.userId}`;
}

function notFound(): never {
  return refuse('ResourceNotFoundException', 'USER not found.');
}
