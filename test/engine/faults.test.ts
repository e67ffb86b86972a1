// Hangs, floods, lost files and full disks: once the fault is over, one operation leads to the right access and nothing else.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EngineOutcome } from '../../app/engine/engine.ts';
import { markedProcesses } from '../../app/engine/process-tree.ts';
import { MONA, PAYMENTS, resolved } from './grants.ts';
import { copyPulumi, operationOn, type Rig, startRig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
  rig.authorize(grant.id, { kind: 'authorized', grant });
});
afterEach(async () => {
  await rig.close();
  await expect.poll(left, { timeout: 3_000, interval: 20 }).toEqual([]);
});

const grant = resolved('payments-db-down');
const on = () => operationOn(grant).operation;
const left = () => markedProcesses().filter((each) => each.supervisor?.startsWith(`${process.pid}-`));
const canWork = () => rig.aws.whatCan(MONA, PAYMENTS, 'ec2:StopInstances').kind === 'allowed';
const stacks = () => join(rig.dataDir, 'state', '.pulumi', 'stacks', 'breakglass');
const checkpoint = () => join(stacks(), `g-${grant.id}.json`);
const locks = () => {
  const folder = join(rig.dataDir, 'state', '.pulumi', 'locks');
  return existsSync(folder)
    ? readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith('.json'))
    : [];
};

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What is in use and not merely waiting for the collector, whose mood the resident size follows. */
function heldBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function expectNothingLeft(): void {
  expect(rig.aws.sets()).toEqual([]);
  expect(rig.aws.assignments()).toEqual([]);
  expect(readdirSync(stacks()).filter((name) => name.endsWith('.json'))).toEqual([]);
  expect(locks()).toEqual([]);
}

describe('a child', () => {
  it('that ignores SIGTERM and floods its output is killed at the limit, with a plugin outside its group, in little memory', async () => {
    const engine = rig.engine({
      childModule: fileURLToPath(new URL('./stubborn.ts', import.meta.url)),
      hardLimitMs: 6_000,
      patience: { abortMs: 200, terminateMs: 200 },
    });
    const before = heldBytes();
    let most = 0;
    let together = 0;
    const watch = setInterval(() => {
      most = Math.max(most, heldBytes());
      together = Math.max(together, left().length);
    }, 50);
    let told = 0;
    const outcome = await engine.grant({ ...on(), onProgress: () => told++ });
    clearInterval(watch);
    expect(outcome).toMatchObject({
      kind: 'failed',
      interrupted: true,
      reason: expect.stringContaining('longer than 6 s'),
    });
    expect(JSON.stringify(outcome).length).toBeLessThan(1_000);
    expect(together).toBeGreaterThanOrEqual(2);
    expect(told).toBeGreaterThan(100);
    expect((most - before) / 1024 ** 2).toBeLessThan(10);
  });
});

describe('the CLI', () => {
  it('vanishes in the middle of a grant and comes back: the next try makes the access, the end takes it away', async () => {
    const root = join(rig.dataDir, 'cli');
    const engine = rig.engine({ pulumi: await copyPulumi(root) });
    const unhook = rig.aws.onRequest((event) => {
      if (event.operation !== 'CreatePermissionSet' || event.phase !== 'before') return;
      renameSync(join(root, 'bin'), join(root, 'away'));
      unhook();
    });
    await engine.grant(on());
    const lost = await engine.end(on());
    expect(lost).toMatchObject({ kind: 'failed', reason: expect.stringContaining('the Pulumi CLI') });
    renameSync(join(root, 'away'), join(root, 'bin'));
    expect(await engine.grant(on())).toMatchObject({ kind: 'done' });
    expect(canWork()).toBe(true);
    expect(await engine.end(on())).toMatchObject({ kind: 'done' });
    expectNothingLeft();
  });
});

describe('a key service that refuses', () => {
  it('holds up grants and ends of the engine, and each is done when it answers again', async () => {
    const engine = rig.engine();
    rig.keys.refuse(true);
    expect(await engine.grant(on())).toMatchObject({ kind: 'failed', reason: expect.stringContaining('KMS') });
    expect(canWork()).toBe(false);
    rig.keys.refuse(false);
    expect(await engine.grant(on())).toMatchObject({ kind: 'done' });
    expect(canWork()).toBe(true);
    rig.keys.refuse(true);
    expect(await engine.end(on())).toMatchObject({ kind: 'failed', reason: expect.stringContaining('KMS') });
    rig.keys.refuse(false);
    expect(await engine.end(on())).toMatchObject({ kind: 'done' });
    expectNothingLeft();
  });
});

describe('a full disk', () => {
  /** The same engine in a process whose files may not grow beyond one KiB. The engine itself would try for half a minute. */
  const limited = (action: 'grant' | 'end'): Promise<EngineOutcome> =>
    new Promise((resolve, reject) => {
      const script = 'trap "" XFSZ; ulimit -f 1; exec "$0" "$1"';
      const program = fileURLToPath(new URL('./limited.ts', import.meta.url));
      const env = { ...process.env, ...rig.elsewhere(grant, action) };
      execFile('bash', ['-c', script, process.execPath, program], { env }, (error, out, notes) =>
        out === '' ? reject(new Error(`${error?.message}\n${notes}`)) : resolve(JSON.parse(out)),
      );
    });

  it('stops a grant and an end; with room again each is done at the first try, though the engine cut its own state short', async () => {
    const full = { kind: 'failed', reason: expect.not.stringContaining('KMS') };
    expect(await limited('grant')).toMatchObject(full);
    const engine = rig.engine();
    expect(await engine.grant(on())).toMatchObject({ kind: 'done' });
    expect(canWork()).toBe(true);
    expect(await limited('end')).toMatchObject(full);
    expect(await engine.end(on())).toMatchObject({ kind: 'done' });
    expect(await engine.stacks()).toEqual([]);
    expect(locks()).toEqual([]);
    // The end knew no set any more: as in the app, what carries our mark is deleted by its tags.
    for (const set of rig.aws.sets()) rig.aws.administrator.deleteSet(set.name);
    expect(await engine.grant(on())).toMatchObject({ kind: 'done' });
    expect(await engine.end(on())).toMatchObject({ kind: 'done' });
    expectNothingLeft();
  });
});

describe('the state', () => {
  const made = async () => {
    const engine = rig.engine();
    expect(await engine.grant(on())).toMatchObject({ kind: 'done' });
    return engine;
  };

  it.each([
    ['cut short', (text: string) => text.slice(0, text.length / 2)],
    ['empty', () => ''],
    ['of another program', () => '{"version":3}'],
  ])('%s: the end sets it aside, so that what AWS holds is found by its tags', async (_, spoil) => {
    const engine = await made();
    writeFileSync(checkpoint(), spoil(readFileSync(checkpoint(), 'utf8')));
    expect(await engine.permissionSetArn(grant.id)).toBeNull();
    expect(await engine.end(on())).toEqual({ kind: 'done', permissionSetArn: null, milliseconds: expect.any(Number) });
    expect(await engine.stacks()).toEqual([]);
    expect(readdirSync(stacks())).toContain(`g-${grant.id}.json.damaged`);
  });

  it('cut short: a grant sets it aside and makes the access anew once the old one is deleted', async () => {
    const engine = await made();
    writeFileSync(checkpoint(), '{"version":3,"checkpo');
    rig.aws.administrator.deleteSet(grant.permissionSetName);
    expect(await engine.grant(on())).toMatchObject({ kind: 'done' });
    expect(canWork()).toBe(true);
    expect(await engine.end(on())).toMatchObject({ kind: 'done' });
    expectNothingLeft();
  });

  it('gone, and back: nothing is lost; empty after a restart: the end has nothing to do', async () => {
    const engine = await made();
    const state = join(rig.dataDir, 'state');
    renameSync(state, `${state}.away`);
    writeFileSync(state, 'a file where the folder was');
    await expect(engine.stacks()).rejects.toThrow();
    expect(await engine.end(on())).toMatchObject({ kind: 'failed' });
    expect(canWork()).toBe(true);
    rmSync(state);
    renameSync(`${state}.away`, state);
    expect(await engine.end(on())).toMatchObject({ kind: 'done' });
    expectNothingLeft();
    expect(await engine.grant(on())).toMatchObject({ kind: 'done' });
    rmSync(join(state, '.pulumi'), { recursive: true });
    expect(await rig.engine().end(on())).toMatchObject({ kind: 'done', permissionSetArn: null });
  });

  it('whose attributes a kill cut short, those of the stack or of the whole store, which the engine cannot read: both go', async () => {
    const engine = await made();
    const attributes = (file: string) => join(rig.dataDir, 'state', '.pulumi', `${file}.attrs`);
    writeFileSync(attributes('meta.yaml'), '');
    writeFileSync(attributes(`stacks/breakglass/g-${grant.id}.json`), '{"user.cache_control":"","us');
    expect(await engine.end(on())).toMatchObject({ kind: 'done' });
    expectNothingLeft();
  });

  it('beside a work folder whose files were left empty: the next operation writes them anew', async () => {
    const engine = await made();
    const folder = join(rig.dataDir, 'work', `g-${grant.id}`);
    for (const name of readdirSync(folder)) writeFileSync(join(folder, name), '');
    expect(await engine.grant(on())).toMatchObject({ kind: 'done' });
    for (const name of readdirSync(folder)) writeFileSync(join(folder, name), '');
    expect(await engine.end(on())).toMatchObject({ kind: 'done' });
    expectNothingLeft();
  });
});

describe('credentials', () => {
  it('that expire in the middle stop a grant and an end; renewed, each goes on where it was', async () => {
    const engine = rig.engine();
    const expired = (call: string) =>
      rig.aws.plant({ on: call, mishap: { kind: 'expired-credentials' }, times: 1_000 });
    const first = expired('CreateAccountAssignment');
    expect(await engine.grant(on())).toMatchObject({ kind: 'failed', reason: expect.stringContaining('have expired') });
    first.remove();
    expect(await engine.grant(on())).toMatchObject({ kind: 'done' });
    expect(canWork()).toBe(true);
    expect(rig.aws.sets()).toHaveLength(1);
    const second = expired('DeletePermissionSet');
    expect(await engine.end(on())).toMatchObject({ kind: 'failed', reason: expect.stringContaining('have expired') });
    second.remove();
    expect(await engine.end(on())).toMatchObject({ kind: 'done' });
    expectNothingLeft();
  });
});
