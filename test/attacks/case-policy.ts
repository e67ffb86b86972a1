// Cases that have a rule of their own, which no other case can loosen, and the organisation in which they play.
import { seedFiles } from '../sandbox/organisation.ts';
import type { Attack } from './attack.ts';
import { ATTACK_RULES } from './rules.ts';
import type { Theatre } from './scene.ts';

const BOSS = 'hubot-boss';
export const FOR_EVER = Number.MAX_SAFE_INTEGER;
/** The files of the example, with no key yet. */
export const EXAMPLE = seedFiles({ pem: '', publicKey: '', fingerprint: '' });

/** People whom only these attacks know; the policy names those with `aws` or `approves`. */
export const RECYCLED = { login: 'recycled', id: 8_000_002 };
export const BOSS_TWO = { login: 'boss-two', id: 8_000_004 };
export const LEAVER = { login: 'leaver', id: 8_000_006 };
export const NOWHERE = { login: 'nowhere', id: 8_000_007 };

export type Rule = { readonly requesters?: string; readonly approvals?: string };

/** A case under a rule of its own, which no other case can loosen. */
export type Case = Attack & { readonly rule?: Rule };

export const account = (i: number): string => `own-${i + 1}`;
const TEAM_IDS = {
  left: 4_200_001,
  gone: 4_200_002,
  twin: 4_200_003,
  says404: 4_200_004,
  says403: 4_200_005,
  says500: 4_200_006,
};

/** A team of which members of child teams are no members, by the settings; everybody is in a child team of it. */
const NESTED = { slug: 'nested', id: 4_200_007, child: 4_200_008 };

/** What the policy says besides the example's. */
export function casePolicy(cases: readonly Case[]): Readonly<Record<string, string>> {
  const plain = Object.entries(TEAM_IDS).map(([slug, id]) => `${slug}: ${id}`);
  const teams = [...plain, `${NESTED.slug}: { id: ${NESTED.id}, children: false }`];
  return {
    'policies/rules.yaml': rules(cases),
    'policies/accounts.yaml': `${EXAMPLE['policies/accounts.yaml']}${accounts(cases)}`,
    'policies/people.yaml': `${EXAMPLE['policies/people.yaml']}${people()}`,
    'policies/settings.yaml': (EXAMPLE['policies/settings.yaml'] ?? '').replace(
      /^teams: \{/m,
      `teams: { ${teams.join(', ')},`,
    ),
  };
}

function rules(cases: readonly Case[]): string {
  const [head = '', tail = ''] = ATTACK_RULES.split('rules:\n');
  const own = cases.flatMap(({ rule }, i) => {
    if (rule === undefined) return [];
    const { requesters = 'team:sre', approvals = '[{ count: 1, from: [team:incident-commanders] }]' } = rule;
    return `  - { name: own-${i + 1}, roles: [admin], accounts: [${account(i)}], requesters: ["${requesters}"], approvals: ${approvals} }\n`;
  });
  // What an attacker would fall through to: it asks nobody.
  const lax =
    '  - { name: lax, roles: [admin], accounts: ["label:own"], requesters: [team:engineering], approvals: [] }\n';
  return `${head}rules:\n${own.join('')}${lax}${tail}`;
}

/** Accounts of the cases with a rule of their own; `own` marks where the lax rule would apply. */
function accounts(cases: readonly Case[]): string {
  return cases
    .flatMap(({ rule }, i) =>
      rule === undefined
        ? []
        : `${account(i)}: { id: "${String(900_000_000_000 + i)}", labels: [${rule.requesters === 'team:says500' ? 'own' : 'other'}] }\n`,
    )
    .join('');
}

function people(): string {
  const user = (n: number) => `906712abcd-9999999${n}-5f60-4718-9abc-def012345678`;
  return [
    `- { github: ${RECYCLED.login}, id: ${RECYCLED.id}, aws: ${user(1)}, name: Gone }\n`,
    `- { github: ${BOSS_TWO.login}, id: ${BOSS_TWO.id}, name: Gone as well }\n`,
    `- { github: ${NOWHERE.login}, id: ${NOWHERE.id}, aws: ${user(2)}, name: Nowhere }\n`,
  ].join('');
}

export async function arrange({ github }: Theatre): Promise<void> {
  for (const one of [RECYCLED, BOSS_TWO]) {
    github.people.add(one);
    github.people.rename(one.login, `${one.login}-before`);
    github.people.add({ login: one.login, id: one.id + 1 });
  }
  for (const one of [LEAVER, NOWHERE]) github.people.add(one);
  github.people.add({ login: 'hubot-b0ss', id: 8_000_010 });
  github.people.add({ login: 'stranger', id: 8_000_011, role: 'read', member: false });
  for (const [slug, id] of Object.entries(TEAM_IDS)) github.teams.create(slug, id, [BOSS, 'octocat', LEAVER.login]);
  github.teams.create(NESTED.slug, NESTED.id, []);
  github.teams.create('nested-child', NESTED.child, [BOSS, 'octocat'], NESTED.id);
  github.teams.delete('gone');
  github.teams.recreate('twin', 4_300_000, [BOSS, 'octocat']);
  for (const status of [404, 403, 500])
    github.faults.on(
      { path: new RegExp(`/teams/says${status}/memberships/`), times: FOR_EVER },
      { kind: 'refuse', status },
    );
}
