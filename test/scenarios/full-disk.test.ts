// The app's disk is full: what is to end ends all the same, also over a restart, and with room again the record catches up.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { live, type Stage, untilSaid, withStage } from './stage.ts';

/** A small disk of its own takes an administrator's rights, as containers mostly have. */
function mounted(folder: string): boolean {
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function fill(folder: string): string {
  const file = join(folder, 'full');
  for (const size of [1024 ** 2, 4096, 1]) {
    try {
      for (;;) writeFileSync(file, Buffer.alloc(size), { flag: 'a' });
    } catch {
      // No more of this size.
    }
  }
  return file;
}

const denied = (stage: Stage) => !stage.can('octocat', 'payments');

it('an early end and a deadline on a full disk', async (test) => {
  await withStage({}, async (stage, { dir }) => {
    const disk = join(dir, 'small-disk');
    if (!mounted(disk)) return test.skip('no disk can be mounted here');
    try {
      const env = { BREAKGLASS_DATA_DIR: join(disk, 'data') };
      const app = await stage.sandbox.startApp({ env });
      const early = await live(stage, 'early');
      const due = await stage.request('due', { duration: '25s', role: 'read-only', account: 'prod-web' });
      await untilSaid(stage, due, 'Active until');
      const file = fill(disk);

      await stage.as('octocat').comment(early, '/revoke');
      await stage.until('it is denied', () => denied(stage), 15_000);
      await stage.until('AWS holds nothing of it', () => stage.sets().length === 1, 60_000);
      await app.kill();
      const second = await stage.sandbox.startApp({ env });
      await stage.until('AWS holds nothing', () => stage.sets().length === 0, 90_000);

      rmSync(file);
      for (const pull of [early, due]) await untilSaid(stage, pull, 'the proof is in commit', 90_000);
      expect(stage.setsMade()).toBe(2);
      expect(await stage.files()).toEqual(['grants/README.md']);
      await second.stop();
    } finally {
      await Promise.all(stage.sandbox.apps.map((app) => app.kill()));
      execFileSync('umount', ['-l', disk]);
    }
  });
});
