// Ending before the deadline: at once, for good, and by whoever may.
import { describe, expect, it } from 'vitest';
import { USERS } from '../sandbox/organisation.ts';
import { live, untilSaid, withStage } from './stage.ts';

describe('an early end', () => {
  it('by /revoke cuts a live session before the stack is gone, and is not undone by the next pass', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await live(stage, 'cut');
      const [set] = stage.sets();
      const session = stage.aws.signIn(USERS.octocat, '111122223333', set?.name ?? '');
      const inside = () =>
        stage.aws.whatCan(USERS.octocat, '111122223333', 's3:PutObject', new Date(), { session }).kind;
      expect(inside()).toBe('allowed');
      // Whatever the engine would delete hangs: the session must be cut without it.
      const held = stage.aws.plant({ on: 'DeleteAccountAssignment', mishap: { kind: 'delay', ms: 4_000 } });
      const comment = await stage.as('octocat').comment(pull, '/revoke');
      await stage.until('the session is denied', () => inside() === 'denied');
      expect(stage.sets()).toHaveLength(1);
      await stage.as('octocat').deleteComment(comment);
      held.remove();
      await untilSaid(stage, pull, 'the proof is in commit');
      expect(await stage.said(pull)).toContain('revoked by octocat (583231)');
      expect(stage.sets()).toEqual([]);
      expect(stage.files()).toEqual(['grants/README.md']);
    }));

  it('by a removal that the requester opens', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await live(stage, 'gone');
      await stage.as('octocat').push('remove-gone', { 'grants/gone.yaml': null });
      const removal = await stage.as('octocat').openPull({ head: 'remove-gone', title: 'Done early' });
      await stage.until('it is merged', async () => (await stage.pull(removal)).merged);
      await untilSaid(stage, pull, 'the proof is in commit');
      expect(stage.sets()).toEqual([]);
      expect(stage.log('-1', '--format=%(trailers:key=Proof,valueonly)')).toMatch(/^proven /);
      expect((await stage.pulls()).filter((one) => one.user.login === 'breakglass[bot]')).toEqual([]);
    }));

  it('is refused to somebody who may not', () =>
    withStage({}, async (stage) => {
      await stage.sandbox.startApp();
      const pull = await live(stage, 'stays');
      await stage.as('mallory').push('remove-stays', { 'grants/stays.yaml': null });
      const removal = await stage.as('mallory').openPull({ head: 'remove-stays', title: 'Mine now' });
      await untilSaid(stage, removal, 'It may be ended by its requester, an approver of its rule or a revoker');
      await stage.as('mallory').comment(pull, '/revoke');
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      expect(stage.can('octocat', 'payments')).toBe(true);
      expect((await stage.check(removal))?.conclusion).toBe('failure');
    }));
});
