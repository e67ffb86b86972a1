// Much of everything: what costs an attacker nothing must not cost the others their access, nor the app its answer.
import { grantYaml } from '../scenarios/stage.ts';
import type { Attack } from './attack.ts';
import { ATTACK_RULES } from './rules.ts';
import type { Scene } from './scene.ts';
import type { World } from './world.ts';

const LINE = '/approve-emergency';
const many = (count: number, name: (i: number) => string): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [name(i), grantYaml()]));

async function flood(scene: Scene, login: string, count: number, text: (i: number) => string): Promise<void> {
  const queue = Array.from({ length: count }, (_, i) => i);
  const speaker = async (): Promise<void> => {
    for (let i = queue.shift(); i !== undefined; i = queue.shift()) await scene.say(login, text(i));
  };
  await Promise.all(Array.from({ length: 8 }, speaker));
}

const FILES: readonly Attack[] = [
  {
    name: '3,001 grants, of which GitHub lists 3,000',
    refusedWith: 'several-grants',
    files: () => many(3001, (i) => `grants/flood-${i}.yaml`),
  },
  {
    name: '3,000 documents and a grant behind them',
    refusedWith: 'mixed-change',
    files: (id) => ({ ...many(3000, (i) => `docs/${i}.md`), [`grants/${id}.yaml`]: grantYaml() }),
  },
];

const COMMENTS: readonly Attack[] = [
  {
    name: 'the approval among the comments of a stranger',
    refusedWith: 'not-an-approver',
    says: () => [],
    before: (scene) => flood(scene, 'mallory', 300, () => LINE),
  },
  {
    name: '10,000 comments, on a hundred pages',
    refusedWith: 'not-an-approver',
    says: () => [],
    before: (scene) => flood(scene, 'mallory', 10_000, (i) => (i === 9_999 ? LINE : `Please ${i}`)),
  },
  {
    name: 'a flood while the app runs: few reactions, and one sticky comment',
    refusedWith: 'not-an-approver',
    says: () => [],
    live: async (scene) => {
      await scene.until('Waiting for approval');
      await flood(scene, 'mallory', 60, () => LINE);
      await scene.until(/You are not among those who may approve/);
      const by = (pick: (method: string, path: string) => boolean): number =>
        scene.github.requests.filter(({ method, path, caller }) => caller === 'app' && pick(method, path)).length;
      const made = by((method, path) => method === 'POST' && path.endsWith(`/issues/${scene.pull}/comments`));
      if (made > 1) throw new Error(`${made} comments`);
    },
  },
];

/** One may live at a time, and every one of these is fit to be merged by itself. */
const SAME_TIME = 12;
const REQUESTS: readonly Attack[] = Array.from({ length: SAME_TIME }, (_, i) => ({
  name: `request ${i + 2} of a person who may have one, all at once`,
  refusedWith: 'too-many-live' as const,
  says: () => [],
  author: 'hubot',
  files: (id: string) => ({
    [`grants/${id}.yaml`]: grantYaml({ requester: 'hubot', role: 'read-only', account: 'sandbox' }),
  }),
}));

const RULES = ATTACK_RULES.replace('max_duration: 8h', 'max_duration: 8h\n    max_live: 1');

export const volume: World = {
  name: 'volume',
  withoutAws: true,
  attacks: [
    {
      name: 'honest: the one request that a person may have',
      refusedWith: 'granted',
      first: true,
      says: () => [],
      author: 'hubot',
      files: (id) => ({
        [`grants/${id}.yaml`]: grantYaml({ requester: 'hubot', role: 'read-only', account: 'sandbox' }),
      }),
    },
    ...FILES,
    ...COMMENTS,
    ...REQUESTS,
    { name: 'honest: in the middle of it all', refusedWith: 'granted' },
  ],
  options: { seed: { 'policies/rules.yaml': RULES } },
};
