// A CLI that is not the one we know: an end is done only when the stack is gone, whatever the command says.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Engine } from '../../app/engine/engine.ts';
import { MONA, PAYMENTS, resolved } from './grants.ts';
import { copyPulumi, operationOn, type Rig, startRig } from './rig.ts';

/** One that tells its events by a file, into which a script can write as well. */
const OLDER = '3.200.0';

let rig: Rig;
let engine: Engine;
beforeEach(async () => {
  rig = await startRig();
  rig.authorize(grant.id, { kind: 'authorized', grant });
  engine = rig.engine({ pulumi: { ...(await copyPulumi(join(rig.dataDir, 'cli'))), version: OLDER } });
  expect(await engine.grant(on())).toMatchObject({ kind: 'done' });
});
afterEach(() => rig.close());

const grant = resolved('payments-db-down');
const on = () => operationOn(grant).operation;
const checkpoint = () => join(rig.dataDir, 'state', '.pulumi', 'stacks', 'breakglass', `g-${grant.id}.json`);
const canWork = () => rig.aws.whatCan(MONA, PAYMENTS, 'ec2:StopInstances').kind === 'allowed';
const bin = () => join(rig.dataDir, 'cli', 'bin');

/** Puts a shell script in its place, which finds it as `$real`. */
function inFront(script: string): void {
  renameSync(join(bin(), 'pulumi'), join(bin(), 'real'));
  const head = '#!/bin/sh\nhere="$(dirname "$0")"\nreal="$here/real"\n';
  writeFileSync(join(bin(), 'pulumi'), head + script, { mode: 0o755 });
}

function itself(): void {
  renameSync(join(bin(), 'real'), join(bin(), 'pulumi'));
}

it('that destroys and leaves the stack: not done, and done by one that removes it', async () => {
  inFront('for one do shift; [ "$one" = --remove ] || set -- "$@" "$one"; done\nexec "$real" "$@"\n');
  expect(await engine.end(on())).toMatchObject({
    kind: 'failed',
    reason: expect.stringContaining('left the stack in the state'),
  });
  expect(canWork()).toBe(false);
  expect(existsSync(checkpoint())).toBe(true);
  itself();
  expect(await engine.end(on())).toMatchObject({ kind: 'done' });
  expect(existsSync(checkpoint())).toBe(false);
});

it('that finds something attached which it does not know: the end is tried again against AWS', async () => {
  const event = {
    diagnosticEvent: { urn: 'a::b::c::policy', message: 'policy is already attached', severity: 'error' },
  };
  inFront(`[ "$1" != destroy ] || echo "$*" >> "$here/calls"
if [ "$1" = destroy ] && [ ! -e "$here/failed" ]; then
  : > "$here/failed"
  for one do [ "$before" != --event-log ] || printf '%s\\n' '${JSON.stringify(event)}' >> "$one"; before="$one"; done
  sleep 1
  exit 255
fi
exec "$real" "$@"
`);
  expect(await engine.end(on())).toMatchObject({ kind: 'done' });
  const calls = readFileSync(join(bin(), 'calls'), 'utf8').trim().split('\n');
  expect(calls.map((call) => / --refresh(=true)?( |$)/.test(call))).toEqual([false, true]);
  expect(existsSync(checkpoint())).toBe(false);
  expect(rig.aws.sets()).toEqual([]);
});
