// Who is calling: an app by its JWT, an installation by its token, a person by theirs; and what each may do.
import { createPublicKey, verify } from 'node:crypto';
import { forbidden, notFound, refusal } from './reply.ts';
import type { Access } from './router.ts';
import type { Account, Registration, Role, User, World } from './world.ts';

export type Principal =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'app'; readonly registration: Registration }
  | {
      readonly kind: 'installation';
      readonly registration: Registration;
      readonly permissions: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'user'; readonly user: User };

export type InstallationToken = {
  readonly registration: Registration;
  readonly permissions: Readonly<Record<string, string>>;
  readonly expiresAt: Date;
};
export type Tokens = Map<string, InstallationToken>;

/** Throws GitHub's 401 for credentials that are wrong; no credentials at all are anonymous. */
export function authenticate(world: World, tokens: Tokens, header: string | undefined): Principal {
  if (!header) return { kind: 'anonymous' };
  const [scheme = '', value = ''] = header.split(/\s+/, 2);
  if (scheme.toLowerCase() === 'basic') return byToken(world, tokens, basicPassword(value));
  if (value.split('.').length === 3) return { kind: 'app', registration: verifyJwt(world, value) };
  return byToken(world, tokens, value);
}

export function basicPassword(encoded: string): string {
  const decoded = Buffer.from(encoded, 'base64').toString();
  return decoded.slice(decoded.indexOf(':') + 1);
}

/** The account whose name stands beside what the caller does. */
export function actor(principal: Principal): Account {
  switch (principal.kind) {
    case 'user':
      return principal.user;
    case 'app':
    case 'installation':
      return principal.registration.bot;
    case 'anonymous':
      throw refusal(401, 'Requires authentication');
  }
}

export const viaApp = (principal: Principal): Registration | null =>
  principal.kind === 'installation' ? principal.registration : null;

const order: readonly Role[] = ['none', 'read', 'write', 'admin'];
export const atLeast = (role: Role, wanted: Role): boolean => order.indexOf(role) >= order.indexOf(wanted);

/** A private repository does not admit that it exists; an app learns that a permission is missing. */
export function authorize(principal: Principal, access: Access): void {
  switch (principal.kind) {
    case 'anonymous':
      if (access.app === 'jwt') throw refusal(401, 'A JSON web token could not be decoded');
      throw access.user === 'none' ? refusal(401, 'Requires authentication') : notFound();
    case 'app':
      if (access.app !== 'jwt' && access.app !== 'any') throw refusal(401, 'Bad credentials');
      return;
    case 'installation':
      authorizeInstallation(principal.permissions, access);
      return;
    case 'user':
      authorizeUser(principal.user, access);
  }
}

/** What somebody made is theirs to change, and every writer's. */
export function refuseStrangers(principal: Principal, author: Account, message: string): void {
  if (principal.kind !== 'user' || principal.user === author) return;
  if (!atLeast(principal.user.role, 'write')) throw forbidden(message);
}

function authorizeInstallation(permissions: Readonly<Record<string, string>>, access: Access): void {
  if (access.app === 'any') return;
  if (access.app === 'jwt') throw refusal(401, 'A JSON web token could not be decoded');
  if (access.app === 'never') throw forbidden();
  const held = access.app.some((wanted) => {
    const [name = '', level] = wanted.split(':');
    return permissions[name] === level;
  });
  if (!held) throw forbidden();
}

function authorizeUser(user: User, access: Access): void {
  if (access.app === 'jwt') throw refusal(401, 'A JSON web token could not be decoded');
  if (access.user === 'none') return;
  if (!atLeast(user.role, 'read')) throw notFound();
  if (!atLeast(user.role, access.user)) throw refusal(403, 'Must have push access to repository');
}

function byToken(world: World, tokens: Tokens, token: string): Principal {
  const issued = tokens.get(token);
  if (issued && issued.expiresAt > world.now()) {
    return { kind: 'installation', registration: issued.registration, permissions: issued.permissions };
  }
  const user = world.users.find((candidate) => candidate.token === token);
  if (user) return { kind: 'user', user };
  throw refusal(401, 'Bad credentials');
}

function verifyJwt(world: World, jwt: string): Registration {
  const [head = '', payload = '', signature = ''] = jwt.split('.');
  const claims = decode(payload);
  const registration = world.registrations.find((candidate) => String(candidate.id) === String(claims.iss));
  if (decode(head).alg !== 'RS256' || !registration) throw refusal(401, 'A JSON web token could not be decoded');
  const key = createPublicKey(registration.publicKey);
  if (!verify('RSA-SHA256', Buffer.from(`${head}.${payload}`), key, Buffer.from(signature, 'base64url'))) {
    throw refusal(401, 'A JSON web token could not be decoded');
  }
  checkTimes(claims, Math.floor(world.now().getTime() / 1000));
  return registration;
}

// The sentences are what @octokit/auth-app looks for when it corrects for a clock that is off.
function checkTimes(claims: Readonly<Record<string, unknown>>, now: number): void {
  const { exp, iat } = claims;
  if (typeof iat !== 'number' || iat > now + 5) {
    throw refusal(
      401,
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    );
  }
  if (typeof exp !== 'number' || exp <= now) {
    const rest = 'must be a numeric value representing the future time at which the assertion expires';
    throw refusal(401, `'Expiration time' claim ('exp') ${rest}`);
  }
  if (exp > now + 605) throw refusal(401, "'Expiration time' claim ('exp') is too far in the future");
}

function decode(part: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
