// Many ends and grants at once in the real engine: ends take every place, grants all but one, and no two meet in an account.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PAYMENTS, resolved } from './grants.ts';
import { operationOn, type Rig, startRig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.close());

const SEARCH = '222233334444';
const grantIn = (id: string, accountId: string) => resolved(id, { accountId, permissionSetName: `bg-${id}` });

it('ends that are asked for while grants wait go first, and nothing conflicts in AWS', async () => {
  const engine = rig.engine({ concurrency: { operations: 2 } });
  const old = [grantIn('old-0', PAYMENTS), grantIn('old-1', SEARCH)];
  const fresh = [grantIn('new-0', PAYMENTS), grantIn('new-1', PAYMENTS), grantIn('new-2', SEARCH)];
  for (const grant of [...old, ...fresh]) rig.authorize(grant.id, { kind: 'authorized', grant });
  const outcomes = await Promise.all(old.map((grant) => engine.grant(operationOn(grant).operation)));
  expect(outcomes.map((one) => one.kind)).toEqual(['done', 'done']);

  const order: string[] = [];
  const noted = (name: string, outcome: Promise<{ readonly kind: string }>) =>
    outcome.then(({ kind }) => order.push(`${name} ${kind}`));
  const granting = fresh.map((grant) => noted(grant.id, engine.grant(operationOn(grant).operation)));
  const ending = old.map((grant) => noted(grant.id, engine.end(operationOn(grant).operation)));
  await Promise.all([...granting, ...ending]);

  expect(order.toSorted()).toEqual(['new-0 done', 'new-1 done', 'new-2 done', 'old-0 done', 'old-1 done']);
  // One grant had begun before the ends were asked for; the other two waited longer, and each comes after its account's end.
  expect(order.indexOf('old-0 done')).toBeLessThan(order.indexOf('new-1 done'));
  expect(order.indexOf('old-1 done')).toBeLessThan(order.indexOf('new-2 done'));
  expect(
    rig.aws
      .sets()
      .map((set) => set.name)
      .sort(),
  ).toEqual(['bg-new-0', 'bg-new-1', 'bg-new-2']);
  expect(rig.aws.log.filter((one) => JSON.stringify(one.response).includes('ConflictException'))).toEqual([]);
});
