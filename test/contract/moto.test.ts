// The AWS double and the stand-in provider against moto, an emulator that others wrote.
import { ListInstancesCommand, SSOAdminClient } from '@aws-sdk/client-sso-admin';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allow, MONA, PAYMENTS, startBench } from '../sandbox/aws/bench.ts';
import { createWorkbench } from '../sandbox/provider/harness.ts';
import { ANSWERED_BY_THE_PROXY, startProxy } from './moto-proxy.ts';
import { runScript, type Step } from './moto-script.ts';
import { installMoto, type MotoServer, startMoto } from './moto-server.ts';

// Away from CI a machine without Python or PyPI reports "skipped" with the reason; under CI that is a failure.
const unavailable = await installMoto().then(
  () => undefined,
  (error: unknown) => String(error),
);
if (unavailable !== undefined && process.env.CI === 'true') throw new Error(unavailable);
if (unavailable !== undefined) console.warn(`Not run: ${unavailable}`);

/** Where moto is known to differ from AWS, with what it does. Everything else must agree to the member. */
const MOTO_DIFFERS: ReadonlyMap<string, string> = new Map([
  ['CreateAccountAssignment', 'answers without a Status; AWS says IN_PROGRESS'],
  ['DeleteAccountAssignment', 'answers without a Status; AWS says IN_PROGRESS'],
  ['ProvisionPermissionSet', 'answers SUCCEEDED at once, for its own account'],
  ['ListAccountsForProvisionedPermissionSet', 'names its own account, whatever was assigned'],
]);

describe.skipIf(unavailable !== undefined)('moto', () => {
  let moto: MotoServer;

  beforeAll(async () => {
    moto = await startMoto();
  });
  afterAll(() => moto.stop());

  test('answers the same calls in the same way as the double', async () => {
    const double = await startBench();
    const ours = await runScript({ client: double.sso, account: PAYMENTS, settled: double.aws.settled });
    await double.close();
    const client = new SSOAdminClient({ ...CREDENTIALS, endpoint: moto.url });
    const theirs = await runScript({ client, account: PAYMENTS, settled: () => Promise.resolve() });
    client.destroy();
    expect(comparable(ours)).toEqual(comparable(theirs));
    expect(ours.map((step) => step.call)).toEqual(theirs.map((step) => step.call));
    // A difference that has gone is to be taken off the list.
    for (const call of MOTO_DIFFERS.keys()) expect(outcomeOf(ours, call), call).not.toEqual(outcomeOf(theirs, call));
  });

  test(`takes the provider's own calls, but for ${ANSWERED_BY_THE_PROXY.join(' and ')}, which it does not have`, async () => {
    const proxy = await startProxy(moto);
    const client = new SSOAdminClient({ ...CREDENTIALS, endpoint: moto.url });
    const instanceArn = await instanceOf(client);
    const bench = await createWorkbench({
      AWS_ENDPOINT_URL: proxy.url,
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'moto',
      AWS_SECRET_ACCESS_KEY: 'moto',
    });
    const access = {
      name: 'bg-moto',
      instanceArn,
      userId: MONA,
      account: PAYMENTS,
      inlinePolicy: allow('*', '2030-01-01T00:00:00Z'),
      tags: { 'breakglass:grant': 'moto' },
    };
    const stack = await bench.stackOf(access);
    await stack.up();
    const again = await stack.up({ refresh: true });
    expect(again.summary.resourceChanges).toEqual({ same: 4 });
    await stack.destroy();
    expect(proxy.passed.filter((operation) => !/^(Describe|Get|List)/.test(operation))).toEqual([
      'CreatePermissionSet',
      'PutInlinePolicyToPermissionSet',
      'ProvisionPermissionSet',
      'CreateAccountAssignment',
      'DeleteAccountAssignment',
      'DeletePermissionSet',
    ]);
    bench.clear();
    client.destroy();
    await proxy.stop();
    // Where there is no CLI yet, it is made in this time.
  }, 900_000);
});

const CREDENTIALS = {
  region: 'eu-west-1',
  credentials: { accessKeyId: 'moto', secretAccessKey: 'moto' },
} as const;

function comparable(steps: readonly Step[]): readonly Step[] {
  return steps.filter((step) => !MOTO_DIFFERS.has(step.call));
}

function outcomeOf(steps: readonly Step[], call: string): unknown {
  return steps.find((step) => step.call === call)?.outcome;
}

async function instanceOf(client: SSOAdminClient): Promise<string> {
  const { Instances } = await client.send(new ListInstancesCommand({}));
  return Instances?.[0]?.InstanceArn ?? '';
}
