// Kills at the worst moments: what the engine does when a child, the CLI, the plugin, or the supervisor dies.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  DeletePermissionSetCommand,
  DetachManagedPolicyFromPermissionSetCommand,
  SSOAdminClient,
} from '@aws-sdk/client-sso-admin';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCheckpoint } from '../../app/engine/checkpoint.ts';
import { OPERATION_MARK, SUPERVISOR_MARK } from '../../app/engine/messages.ts';
import { eradicate, markedProcesses } from '../../app/engine/process-tree.ts';
import { isPlugin } from '../sandbox/provider/is-plugin.ts';
import { INSTANCE, inSeconds, MONA, PAYMENTS, resolved } from './grants.ts';
import { operationOn, type Rig, startRig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.close());

const grant = resolved('payments-db-down');

/** The processes of operations that this test process supervises and that have begun. */
function running(): readonly string[] {
  const mine = markedProcesses().filter((each) => each.supervisor?.startsWith(`${process.pid}-`));
  return [...new Set(mine.map((each) => each.operation))];
}

/** SIGKILL to every process of the operation at the moment when AWS sees (and has done) a call. */
function killAt(operation: string, phase: 'before' | 'after'): { readonly killed: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const remove = rig.aws.onRequest(async (event) => {
    if (event.operation !== operation || event.phase !== phase) return;
    remove();
    for (const each of running()) await eradicate(each);
    resolve();
  });
  return { killed: promise };
}

/** SIGKILL to the plugin alone: the engine lives, calls the step failed, and leaves no mark of an interruption. */
function killPluginAt(operation: string): void {
  const remove = rig.aws.onRequest((event) => {
    if (event.operation !== operation || event.phase !== 'after') return;
    remove();
    for (const { pid, supervisor } of markedProcesses())
      if (supervisor?.startsWith(`${process.pid}-`) && isPlugin(pid)) process.kill(pid, 'SIGKILL');
  });
}

/** What the reconciliation does before a retry: deletes in AWS what carries the mark and the state lacks. */
async function deleteUnknown(): Promise<void> {
  const known = (await readCheckpoint(join(rig.dataDir, 'state'), grant.id))?.permissionSetArn;
  for (const { arn } of rig.aws.sets().filter((set) => set.arn !== known))
    await sdk((client) =>
      client.send(new DeletePermissionSetCommand({ InstanceArn: INSTANCE, PermissionSetArn: arn })),
    );
}

async function sdk(send: (client: SSOAdminClient) => Promise<unknown>): Promise<void> {
  const client = new SSOAdminClient({
    region: 'eu-central-1',
    endpoint: rig.aws.url,
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
  });
  await send(client);
  client.destroy();
}

describe('a plugin that dies alone', () => {
  const attached = () => rig.aws.sets().flatMap((set) => [...set.content.managedPolicies]);

  it('after AWS has attached a policy: the next try starts over, as the state knows nothing of it', async () => {
    rig.authorize(grant.id, { kind: 'authorized', grant });
    const engine = rig.engine();
    killPluginAt('AttachManagedPolicyToPermissionSet');
    expect(await engine.grant(operationOn(grant).operation)).toMatchObject({ kind: 'failed', interrupted: false });
    expect((await readCheckpoint(join(rig.dataDir, 'state'), grant.id))?.pending).toEqual([]);
    expect(attached()).toHaveLength(1);
    expect(await engine.grant(operationOn(grant).operation)).toMatchObject({ kind: 'done' });
    expect(rig.aws.whatCan(MONA, PAYMENTS, 'ec2:StopInstances').kind).toBe('allowed');
    expect(rig.aws.sets()).toHaveLength(1);
  });

  it('while it attaches again what somebody took off: the same set goes on, an extension included', async () => {
    rig.authorize(grant.id, { kind: 'authorized', grant });
    const engine = rig.engine();
    await engine.grant(operationOn(grant).operation);
    const [set] = rig.aws.sets();
    const arn = set?.arn ?? '';
    const session = rig.aws.signIn(MONA, PAYMENTS, arn);
    for (const ManagedPolicyArn of attached())
      await sdk((client) =>
        client.send(
          new DetachManagedPolicyFromPermissionSetCommand({
            InstanceArn: INSTANCE,
            PermissionSetArn: arn,
            ManagedPolicyArn,
          }),
        ),
      );
    killPluginAt('AttachManagedPolicyToPermissionSet');
    expect(await engine.grant(operationOn(grant).operation)).toMatchObject({ kind: 'failed' });
    expect(attached()).toHaveLength(1);
    const longer = { ...grant, deadline: inSeconds(7_200) };
    rig.authorize(grant.id, { kind: 'authorized', grant: longer });
    expect(await engine.grant(operationOn(longer).operation)).toMatchObject({ kind: 'done' });
    expect(rig.aws.sets().map((one) => one.arn)).toEqual([arn]);
    const soon = new Date(Date.parse(longer.deadline) - 1_000);
    expect(rig.aws.whatCan(MONA, PAYMENTS, 'ec2:StopInstances', soon).kind).toBe('allowed');
    expect(rig.aws.whatCan(MONA, PAYMENTS, 'ec2:StopInstances', new Date(), { session }).kind).toBe('allowed');
    expect(await engine.end(operationOn(grant).operation)).toMatchObject({ kind: 'done' });
    expect(rig.aws.sets()).toEqual([]);
  });
});

describe('a set that the plugin made and could not read again', () => {
  it('is unknown to the app, which deletes it; the next try takes it out of the state and makes another', async () => {
    rig.authorize(grant.id, { kind: 'authorized', grant });
    const engine = rig.engine();
    rig.aws.plant({ on: 'DescribePermissionSet', mishap: { kind: 'error', code: 'AccessDeniedException' } });
    expect(await engine.grant(operationOn(grant).operation)).toMatchObject({ kind: 'failed' });
    expect(rig.aws.sets()).toHaveLength(1);
    await deleteUnknown();
    expect(rig.aws.sets()).toEqual([]);
    expect(await engine.grant(operationOn(grant).operation)).toMatchObject({ kind: 'done' });
    expect(rig.aws.whatCan(MONA, PAYMENTS, 'ec2:StopInstances').kind).toBe('allowed');
  });
});

describe('an interrupted grant', () => {
  it('converges after SIGKILL to everything while AWS creates the permission set', async () => {
    rig.authorize(grant.id, { kind: 'authorized', grant });
    const engine = rig.engine();
    const { killed } = killAt('CreatePermissionSet', 'after');
    const outcome = await engine.grant(operationOn(grant).operation);
    await killed;
    expect(outcome).toMatchObject({ kind: 'failed', interrupted: true });
    const checkpoint = await readCheckpoint(join(rig.dataDir, 'state'), grant.id);
    expect(checkpoint?.pending).toHaveLength(1);
    expect(checkpoint?.permissionSetArn).toBeNull();
    expect(rig.aws.sets()).toHaveLength(1);

    await deleteUnknown();
    expect(await engine.grant(operationOn(grant).operation)).toMatchObject({ kind: 'done' });
    expect(rig.aws.whatCan(MONA, PAYMENTS, 'ec2:StopInstances').kind).toBe('allowed');
    expect((await readCheckpoint(join(rig.dataDir, 'state'), grant.id))?.pending).toEqual([]);
    expect(await engine.end(operationOn(grant).operation)).toMatchObject({ kind: 'done' });
    expect(rig.aws.sets()).toEqual([]);
  });

  it('says what is wrong when the access left behind was not deleted before the retry', async () => {
    rig.authorize(grant.id, { kind: 'authorized', grant });
    const engine = rig.engine();
    killAt('CreatePermissionSet', 'after');
    await engine.grant(operationOn(grant).operation);
    const outcome = await engine.grant(operationOn(grant).operation);
    expect(outcome).toMatchObject({ kind: 'failed', interrupted: false });
    expect(outcome).toHaveProperty('reason', expect.stringContaining('left by an interrupted operation'));
  });

  it.each(['AttachManagedPolicyToPermissionSet', 'PutInlinePolicyToPermissionSet'])(
    'converges by itself after SIGKILL when %s has taken effect',
    async (call) => {
      rig.authorize(grant.id, { kind: 'authorized', grant });
      const engine = rig.engine();
      killAt(call, 'after');
      expect(await engine.grant(operationOn(grant).operation)).toMatchObject({ kind: 'failed', interrupted: true });
      expect(await engine.grant(operationOn(grant).operation)).toMatchObject({ kind: 'done' });
      expect(rig.aws.sets()).toHaveLength(1);
      expect(rig.aws.whatCan(MONA, PAYMENTS, 'ec2:StopInstances').kind).toBe('allowed');
    },
  );

  it('keeps the access that somebody works with when an extension is killed', async () => {
    rig.authorize(grant.id, { kind: 'authorized', grant });
    const engine = rig.engine();
    await engine.grant(operationOn(grant).operation);
    const later = { ...grant, deadline: inSeconds(7200) };
    rig.authorize(grant.id, { kind: 'authorized', grant: later });
    killAt('PutInlinePolicyToPermissionSet', 'before');
    const [before] = rig.aws.assignments();
    expect(await engine.grant(operationOn(grant).operation)).toMatchObject({ kind: 'failed', interrupted: true });
    expect(await engine.grant(operationOn(grant).operation)).toMatchObject({ kind: 'done' });
    expect(rig.aws.assignments()).toEqual([before]);
    const between = new Date(Date.parse(grant.deadline) + 1000);
    expect(rig.aws.whatCan(MONA, PAYMENTS, 'ec2:StopInstances', between).kind).toBe('allowed');
  });

  it('can be ended as it is, half made', async () => {
    rig.authorize(grant.id, { kind: 'authorized', grant });
    const engine = rig.engine();
    killAt('PutInlinePolicyToPermissionSet', 'before');
    expect(await engine.grant(operationOn(grant).operation)).toMatchObject({ kind: 'failed', interrupted: true });
    expect(await engine.end(operationOn(grant).operation)).toMatchObject({ kind: 'done' });
    expect(rig.aws.sets()).toEqual([]);
    expect(await engine.stacks()).toEqual([]);
  });

  it('is resumed after SIGKILL in the middle of its end', async () => {
    rig.authorize(grant.id, { kind: 'authorized', grant });
    const engine = rig.engine();
    await engine.grant(operationOn(grant).operation);
    killAt('DeleteAccountAssignment', 'after');
    expect(await engine.end(operationOn(grant).operation)).toMatchObject({ kind: 'failed', interrupted: true });
    await rig.aws.settled();
    expect(await engine.end(operationOn(grant).operation)).toMatchObject({ kind: 'done' });
    expect(rig.aws.sets()).toEqual([]);
  });

  it('is stopped at the hard limit with every process it started, plugin included', async () => {
    rig.authorize(grant.id, { kind: 'authorized', grant });
    rig.aws.plant({ on: 'CreatePermissionSet', mishap: { kind: 'hang' } });
    const engine = rig.engine({ hardLimitMs: 4_000 });
    const seen = new Set<number>();
    const watch = setInterval(() => {
      for (const each of markedProcesses()) if (each.supervisor?.startsWith(`${process.pid}-`)) seen.add(each.pid);
    }, 100);
    const outcome = await engine.grant(operationOn(grant).operation);
    clearInterval(watch);
    expect(outcome).toEqual({
      kind: 'failed',
      reason: 'the operation took longer than 4 s and was stopped',
      interrupted: true,
    });
    expect(seen.size).toBeGreaterThanOrEqual(3); // child, CLI, plugin
    await engine.close(0);
    await expect.poll(running, { timeout: 2_000, interval: 20 }).toEqual([]);
  });

  it('is stopped by its signal', async () => {
    rig.authorize(grant.id, { kind: 'authorized', grant });
    rig.aws.plant({ on: 'CreatePermissionSet', mishap: { kind: 'hang' } });
    const stop = new AbortController();
    rig.aws.onRequest((event) => {
      if (event.operation === 'CreatePermissionSet') stop.abort();
    });
    const outcome = await rig.engine().grant(operationOn(grant, { signal: stop.signal }).operation);
    expect(outcome).toMatchObject({ kind: 'failed', interrupted: true });
  });

  it('is stopped when it eats too much memory', async () => {
    rig.authorize(grant.id, { kind: 'authorized', grant });
    rig.aws.plant({ on: 'CreatePermissionSet', mishap: { kind: 'hang' } });
    const outcome = await rig.engine({ maxMemoryMb: 50 }).grant(operationOn(grant).operation);
    expect(outcome).toMatchObject({ kind: 'failed', interrupted: true });
    expect(outcome).toHaveProperty('reason', expect.stringContaining('more than 50 MiB of memory'));
  });
});

describe('locks', () => {
  const folder = () => join(rig.dataDir, 'state', '.pulumi', 'locks', 'organization', 'breakglass', `g-${grant.id}`);
  const lock = (content: object) => {
    mkdirSync(folder(), { recursive: true });
    writeFileSync(join(folder(), 'aaaa.json'), JSON.stringify({ username: 'root', ...content }));
  };

  it('of a dead process of this host are broken', async () => {
    rig.authorize(grant.id, { kind: 'authorized', grant });
    lock({ pid: 2 ** 22 - 1, hostname: hostname(), timestamp: new Date().toISOString() });
    expect(await rig.engine().grant(operationOn(grant).operation)).toMatchObject({ kind: 'done' });
  });

  it('of another host hold, until they are older than any operation', async () => {
    rig.authorize(grant.id, { kind: 'authorized', grant });
    const engine = rig.engine();
    lock({ pid: 1, hostname: 'elsewhere', timestamp: new Date().toISOString() });
    const outcome = await engine.grant(operationOn(grant).operation);
    expect(outcome).toMatchObject({ kind: 'failed', interrupted: false });
    expect(outcome).toHaveProperty('reason', expect.stringContaining('locked by process 1 on elsewhere'));
    lock({ pid: 1, hostname: 'elsewhere', timestamp: new Date(Date.now() - 11 * 60_000).toISOString() });
    expect(await engine.grant(operationOn(grant).operation)).toMatchObject({ kind: 'done' });
  });

  // Killed between the two, an end has taken the stack out and not given its lock back.
  describe('of a stack that is gone', () => {
    const locks = () => readdirSync(folder());
    const killed = () => lock({ pid: 2 ** 22 - 1, hostname: hostname(), timestamp: new Date().toISOString() });

    it('are broken when the engine starts', async () => {
      killed();
      rig.engine();
      await expect.poll(locks).toEqual([]);
    });

    it('are broken after an operation was killed', async () => {
      const other = resolved('payments-db-slow');
      rig.authorize(other.id, { kind: 'authorized', grant: other });
      const engine = rig.engine();
      await engine.end(operationOn(other).operation); // its start is over
      killAt('CreatePermissionSet', 'before');
      killed();
      await engine.grant(operationOn(other).operation);
      expect(locks()).toEqual([]);
    });

    it('hold while their process may live', async () => {
      lock({ pid: 1, hostname: 'elsewhere', timestamp: new Date().toISOString() });
      await rig.engine().grant(operationOn(resolved('payments-db-slow')).operation);
      expect(locks()).toEqual(['aaaa.json']);
    });
  });

  it('of a stack that is there are broken though it needs no operation', async () => {
    rig.authorize(grant.id, { kind: 'authorized', grant });
    await rig.engine().grant(operationOn(grant).operation);
    lock({ pid: 2 ** 22 - 1, hostname: hostname(), timestamp: new Date().toISOString() });
    rig.engine();
    await expect.poll(() => readdirSync(folder())).toEqual([]);
  });

  it('of another host are broken once they are older than any operation, by an engine that does nothing', async () => {
    lock({ pid: 1, hostname: 'elsewhere', timestamp: new Date().toISOString() });
    rig.engine({ hardLimitMs: 1_500 });
    await setTimeout(500);
    expect(readdirSync(folder())).toEqual(['aaaa.json']);
    await expect.poll(() => readdirSync(folder()), { timeout: 10_000 }).toEqual([]);
  });

  it('that are being written are left to the operations of their stack', async () => {
    rig.authorize(grant.id, { kind: 'authorized', grant });
    mkdirSync(folder(), { recursive: true });
    for (const name of ['aaaa.json.1f.tmp', 'aaaa.json.attrs']) writeFileSync(join(folder(), name), '');
    const engine = rig.engine();
    await engine.end(operationOn(resolved('payments-db-slow')).operation);
    expect(readdirSync(folder())).toEqual(['aaaa.json.1f.tmp', 'aaaa.json.attrs']);
    expect(await engine.grant(operationOn(grant).operation)).toMatchObject({ kind: 'done' });
    expect(readdirSync(folder())).toEqual([]);
  });
});

describe('what a dead supervisor left', () => {
  it('is ended before the first operation of the next one', async () => {
    const orphan = fork(new URL('./orphan.ts', import.meta.url), {
      detached: true,
      env: { ...process.env, [OPERATION_MARK]: 'left-behind', [SUPERVISOR_MARK]: `${2 ** 22 - 1}-1` },
    });
    const gone = once(orphan, 'exit');
    // The apps of other tests end what nobody supervises as well, and may be quicker.
    await Promise.race([once(orphan, 'message'), gone]);
    await rig.engine().end(operationOn(grant).operation);
    expect((await gone)[1]).toBe('SIGKILL');
  });

  it('ends by itself when the supervisor disappears in the middle of an operation', async () => {
    rig.authorize(grant.id, { kind: 'authorized', grant });
    rig.aws.plant({ on: 'CreatePermissionSet', mishap: { kind: 'delay', ms: 500 } });
    const supervisor = fork(new URL('./supervisor.ts', import.meta.url), [], {
      env: { ...process.env, ...rig.elsewhere(grant) },
    });
    const reached = Promise.withResolvers<void>();
    rig.aws.onRequest((event) => {
      if (event.operation === 'CreatePermissionSet') reached.resolve();
    });
    await reached.promise;
    const left = () => markedProcesses().filter((each) => each.supervisor?.startsWith(`${supervisor.pid}-`));
    expect(left().length).toBeGreaterThanOrEqual(3);
    supervisor.kill('SIGKILL');
    await expect.poll(() => left().length, { timeout: 25_000, interval: 100 }).toBe(0);
  });
});
