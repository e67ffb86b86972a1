// The routes of apps: who am I, where am I installed, and a token for an hour.
import { randomBytes } from 'node:crypto';
import { appView, installationView } from './account-view.ts';
import type { Tokens } from './auth.ts';
import { numberParam, param, record } from './input.ts';
import { pagedList } from './page.ts';
import { created, noContent, notFound, ok, type Reply, refusal } from './reply.ts';
import { type Access, type Call, type Route, repo, route } from './router.ts';
import { type Registration, sameText, stamp } from './world.ts';

const jwt: Access = { app: 'jwt', user: 'none' };
const hour = 3_600_000;

export function appRoutes(tokens: Tokens): readonly Route[] {
  return [
    route('GET', '/app', jwt, (call) => ok(appView(call.world, caller(call)))),
    route('GET', '/app/installations', jwt, (call) =>
      pagedList(call, [caller(call)], (app) => installationView(call.world, app)),
    ),
    route('GET', '/app/installations/{installation_id}', jwt, (call) => {
      if (numberParam(call, 'installation_id') !== caller(call).installationId) throw notFound();
      return ok(installationView(call.world, caller(call)));
    }),
    route('POST', '/app/installations/{installation_id}/access_tokens', jwt, (call) => issueToken(call, tokens)),
    route('GET', repo('/installation'), jwt, (call) => ok(installationView(call.world, caller(call)))),
    route('GET', '/orgs/{org}/installation', jwt, (call) => {
      if (!sameText(param(call, 'org'), call.world.organization.login)) throw notFound();
      return ok(installationView(call.world, caller(call)));
    }),
    route('DELETE', '/installation/token', { app: 'any', user: 'none' }, (call) => {
      for (const [token, issued] of tokens) {
        if (call.principal.kind === 'installation' && issued.permissions === call.principal.permissions)
          tokens.delete(token);
      }
      return noContent;
    }),
    route('GET', '/rate_limit', { app: 'any', user: 'none' }, (call) => ok(rateLimit(call))),
  ];
}

function caller(call: Call): Registration {
  if (call.principal.kind !== 'app') throw refusal(401, 'A JSON web token could not be decoded');
  return call.principal.registration;
}

function issueToken(call: Call, tokens: Tokens): Reply {
  const app = caller(call);
  if (numberParam(call, 'installation_id') !== app.installationId) throw notFound();
  const permissions = narrowed(app, record(call.body.permissions));
  const token = `ghs_${randomBytes(27).toString('base64url').replace(/[-_]/g, '0')}`;
  const expiresAt = new Date(Math.floor(call.world.now().getTime() / 1000) * 1000 + hour);
  tokens.set(token, { registration: app, permissions, expiresAt });
  const expires_at = stamp({ now: () => expiresAt });
  return created({ token, expires_at, permissions, repository_selection: 'selected' });
}

/** A token may ask for less than the app was given, never for more. */
function narrowed(app: Registration, wanted: Readonly<Record<string, unknown>>): Record<string, string> {
  if (Object.keys(wanted).length === 0) return { ...app.permissions };
  return Object.fromEntries(
    Object.entries(wanted).map(([name, level]) => {
      const held = app.permissions[name];
      if (held === undefined || (held === 'read' && level === 'write')) {
        throw refusal(422, 'The permissions requested are not granted to this installation.');
      }
      return [name, String(level)];
    }),
  );
}

function rateLimit(call: Call) {
  const reset = Math.floor(call.world.now().getTime() / 1000) + 3600;
  const of = (limit: number) => ({ limit, used: 0, remaining: limit, reset });
  return { resources: { core: of(15_000), search: of(30), graphql: of(5000) }, rate: of(15_000) };
}
