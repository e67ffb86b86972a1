// The routes of rulesets: what binds a branch, for everybody to see and for administrators to set.
import { list, numberParam, param, record, requiredText, strings, text } from './input.ts';
import { pagedList } from './page.ts';
import { created, noContent, notFound, ok, type Reply } from './reply.ts';
import { repositoryPage, repositoryUrl } from './repository-view.ts';
import { type Access, type Call, type Route, reads, repo, route } from './router.ts';
import { applyingRulesets, makeRuleset } from './rules.ts';
import { fullName, nodeId, type Ruleset, type Schema, stamp, type World } from './world.ts';

const admin: Access = { app: ['administration:write'], user: 'admin' };

export const rulesetRoutes: readonly Route[] = [
  route('GET', repo('/rules/branches/{branch}'), reads('metadata'), branchRules),
  route('GET', repo('/rulesets'), reads('metadata'), (call) =>
    pagedList(call, [...call.world.rulesets.values()], (ruleset) => summary(call.world, ruleset)),
  ),
  route('POST', repo('/rulesets'), admin, createRuleset),
  route('GET', repo('/rulesets/{ruleset_id}'), reads('metadata'), (call) => ok(rulesetView(call, rulesetOf(call)))),
  route('PUT', repo('/rulesets/{ruleset_id}'), admin, (call) => {
    const ruleset = rulesetOf(call);
    Object.assign(ruleset, given(call), { updatedAt: stamp(call.world) });
    return ok(rulesetView(call, ruleset));
  }),
  route('DELETE', repo('/rulesets/{ruleset_id}'), admin, (call) => {
    call.world.rulesets.delete(rulesetOf(call).id);
    return noContent;
  }),
];

function branchRules(call: Call): Reply {
  const rules = applyingRulesets(call.world, `refs/heads/${param(call, 'branch')}`).flatMap((ruleset) => {
    const origin = { ruleset_source_type: 'Repository', ruleset_source: fullName(call.world), ruleset_id: ruleset.id };
    return ruleset.rules.map((rule) => ({ ...rule, ...origin }));
  });
  return pagedList(call, rules, (rule) => rule);
}

function createRuleset(call: Call): Reply {
  const name = requiredText(call, 'Ruleset', 'name');
  const ruleset = makeRuleset(call.world, { bypass: [], rules: [], ...given(call), name });
  call.world.rulesets.set(ruleset.id, ruleset);
  return created(rulesetView(call, ruleset));
}

function given(call: Call): Partial<Ruleset> {
  const { body } = call;
  const refName = record(record(body.conditions).ref_name);
  const enforcement = text(call, 'enforcement');
  const name = text(call, 'name');
  return {
    ...(name === undefined ? {} : { name }),
    ...(enforcement === 'active' || enforcement === 'disabled' || enforcement === 'evaluate' ? { enforcement } : {}),
    ...(body.bypass_actors === undefined ? {} : { bypass: list(body.bypass_actors) as Ruleset['bypass'] }),
    ...(body.conditions === undefined ? {} : { include: strings(refName.include), exclude: strings(refName.exclude) }),
    ...(body.rules === undefined ? {} : { rules: list(body.rules) as Ruleset['rules'] }),
  };
}

function rulesetOf(call: Call): Ruleset {
  const ruleset = call.world.rulesets.get(numberParam(call, 'ruleset_id'));
  if (!ruleset) throw notFound();
  return ruleset;
}

const summary = (world: World, ruleset: Ruleset) => ({
  id: ruleset.id,
  name: ruleset.name,
  target: 'branch' as const,
  source_type: 'Repository' as const,
  source: fullName(world),
  enforcement: ruleset.enforcement,
  node_id: nodeId('RRS', ruleset.id),
  _links: {
    self: { href: `${repositoryUrl(world)}/rulesets/${ruleset.id}` },
    html: { href: `${repositoryPage(world)}/rules/${ruleset.id}` },
  },
  created_at: ruleset.createdAt,
  updated_at: ruleset.updatedAt,
});

/** Who may bypass is shown to administrators only. */
function rulesetView(call: Call, ruleset: Ruleset): Schema<'repository-ruleset'> {
  const { principal } = call;
  const trusted = principal.kind === 'user' && principal.user.role === 'admin';
  return {
    ...summary(call.world, ruleset),
    conditions: { ref_name: { include: ruleset.include, exclude: ruleset.exclude } },
    rules: ruleset.rules,
    current_user_can_bypass: trusted && ruleset.bypass.length > 0 ? 'always' : 'never',
    ...(trusted ? { bypass_actors: ruleset.bypass } : {}),
  };
}
