// An operator with the command line, the app down: look, deny, end, grant, by the same code and the same checks.
import { describe, expect, it } from 'vitest';
import { type Ran, spawned } from '../cli/captured.ts';
import { type Stage, untilMerged, untilSaid, withStage } from '../scenarios/stage.ts';

const breakglass = (stage: Stage, ...args: string[]): Promise<Ran> =>
  spawned(args, { env: stage.sandbox.environment({ BREAKGLASS_LOG_LEVEL: 'info' }), cwd: stage.sandbox.dir });

/** Granted by the app, which then stops. */
async function granted(stage: Stage, id: string, duration = '1h'): Promise<number> {
  const app = await stage.sandbox.startApp();
  const pull = await stage.request(id, { duration });
  await untilSaid(stage, pull, 'Waiting for approval');
  await stage.as('hubot-boss').comment(pull, '/approve-emergency');
  await untilSaid(stage, pull, 'Active until');
  expect(await app.stop()).toBe(0);
  return pull;
}

/** Approved and merged by the app, which dies before it has made anything in AWS. */
async function mergedOnly(stage: Stage, id: string): Promise<number> {
  const app = await stage.sandbox.startApp();
  const pull = await stage.request(id);
  await untilSaid(stage, pull, 'Waiting for approval');
  stage.github.faults.onRequest(({ phase, request }) => {
    if (phase === 'after' && request.method === 'PUT' && /\/merge$/.test(request.path)) void app.kill();
  });
  await stage.as('hubot-boss').comment(pull, '/approve-emergency');
  await untilMerged(stage, pull);
  await app.exited;
  expect(stage.setsMade()).toBe(0);
  return pull;
}

describe.concurrent('breakglass status and revoke, with AWS alone', () => {
  it('shows what was signed beside what AWS holds, denies at once, and the app does the rest when it is back', () =>
    withStage({}, async (stage) => {
      const pull = await granted(stage, 'stolen');
      stage.github.faults.down();

      const before = await breakglass(stage, 'status', 'stolen');
      expect(before).toMatchObject({ code: 0 });
      expect(before.out).toMatch(/^AWS +granted as signed, at 20/m);
      expect(before.out).toMatch(/deadline +\S+Z \(in /);

      const revoked = await breakglass(stage, 'revoke', 'stolen', '--reason', 'laptop stolen');
      expect(revoked).toMatchObject({ code: 0 });
      expect(revoked.out).toContain('What follows');
      expect(stage.can('octocat', 'payments')).toBe(false);

      const after = await breakglass(stage, 'status', '--json');
      expect(after.code).toBe(1);
      expect(JSON.parse(after.out).grants).toMatchObject([
        { id: 'stolen', expected: false, aws: { kind: 'denied', reason: expect.stringContaining('laptop stolen') } },
      ]);

      stage.github.faults.up();
      await stage.sandbox.startApp();
      expect(await untilSaid(stage, pull, 'the proof is in commit')).toContain('revoked by operator');
      expect(stage.sets()).toEqual([]);
      expect(await breakglass(stage, 'status', 'stolen')).toMatchObject({
        code: 0,
        out: expect.stringMatching(/^AWS +nothing$/m),
      });
      expect(await breakglass(stage, 'revoke', 'stolen', '--reason', 'again')).toMatchObject({ code: 1 });
    }));

  it('says what it cannot know, and what was never granted', () =>
    withStage({}, async (stage) => {
      await granted(stage, 'unreachable');
      stage.aws.down();
      expect(await breakglass(stage, 'status')).toMatchObject({
        code: 3,
        out: expect.stringContaining('cannot be asked'),
      });
      stage.aws.up();
      expect(await breakglass(stage, 'status', 'nobody')).toMatchObject({
        code: 1,
        notes: expect.stringContaining('no grant of this id'),
      });
      expect(await breakglass(stage, 'revoke', 'nobody', '--reason', 'x')).toMatchObject({ code: 1 });
    }));
});

describe.concurrent('breakglass expire', () => {
  it('ends and proves what is due with GitHub down, and leaves alone what lives', () =>
    withStage({}, async (stage) => {
      const app = await stage.sandbox.startApp();
      const grant = async (id: string, duration: string) => {
        const pull = await stage.request(id, { duration });
        await untilSaid(stage, pull, 'Waiting for approval');
        await stage.as('hubot-boss').comment(pull, '/approve-emergency');
        await untilSaid(stage, pull, 'Active until');
      };
      await grant('alive', '1h');
      const meanwhile = await breakglass(stage, 'expire');
      expect(meanwhile).toMatchObject({ code: 3, notes: expect.stringContaining('holds the state') });
      await grant('due', '20s');
      expect(await app.stop()).toBe(0);
      stage.github.faults.down();
      const deadline =
        stage
          .sets()
          .find((set) => set.tags.get('breakglass:grant') === 'due')
          ?.tags.get('breakglass:expires-at') ?? '';
      await stage.until('the deadline', () => Date.now() > Date.parse(deadline));

      const dry = await breakglass(stage, 'expire', '--dry-run', '--json');
      expect(JSON.parse(dry.out)).toEqual({
        ended: [{ grant: 'due', end: `deadline ${deadline}`, outcome: 'due', detail: 'would be destroyed' }],
      });
      expect(stage.sets()).toHaveLength(2);

      const real = await breakglass(stage, 'expire');
      expect(real.out).toMatch(/^due: removed {2}\(deadline \S+\) {2}proven \S+ \S+ requests /);
      expect(real.code).toBe(0);
      expect(stage.sets().map((set) => set.tags.get('breakglass:grant'))).toEqual(['alive']);
    }));
});

describe.concurrent('breakglass apply', () => {
  it('previews without a trace, then grants; refuses what no authorization covers', () =>
    withStage({}, async (stage) => {
      await mergedOnly(stage, 'by-hand');
      const preview = await breakglass(stage, 'apply', '--grant', 'by-hand', '--preview');
      expect(preview).toMatchObject({ code: 0, out: expect.stringContaining('creating permission set') });
      expect(preview.out).toContain('creating account assignment');
      expect(stage.setsMade()).toBe(0);

      expect(await breakglass(stage, 'apply', '--grant', 'never-asked')).toMatchObject({
        code: 1,
        notes: expect.stringContaining('has no valid authorization'),
      });

      const applied = await breakglass(stage, 'apply', '--grant', 'by-hand', '--json');
      expect(JSON.parse(applied.out)).toMatchObject({ grant: 'by-hand', outcome: 'active' });
      expect(stage.setsMade()).toBe(1);
      expect(stage.can('octocat', 'payments')).toBe(true);

      expect((await breakglass(stage, 'apply', '--grant', 'by-hand', '--preview')).out).toContain('nothing to do');
    }));
});
