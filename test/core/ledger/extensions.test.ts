// An extension moves the deadline of a live grant, and nothing else.
import { describe, expect, test } from 'vitest';
import { sameButDuration } from '../../../app/core/ledger/authorize.ts';
import { at, built, GRANT, grantText, type HistoryBuilder, hash } from './history-builder.ts';

describe('extensions', () => {
  const longer = grantText({ duration: '2h' });
  const extended = (minutes: number, text: string, more: Parameters<HistoryBuilder['extension']>[3] = {}) =>
    built((h) => {
      h.grant('first', 0);
      h.merge(minutes, h.extension('first', 0, text, more), { changes: [h.edit('first', text)] });
    });

  test('keeps the first start and the first record, and moves only the deadline', () => {
    const before = built((h) => h.grant('first', 0)).grants.get('first');
    const entry = extended(30, longer).grants.get('first');
    expect(entry).toMatchObject({ startedAt: at(0), deadline: at(120), pulls: [42, 43], grant: { duration: '2h' } });
    expect(entry?.resolved).toEqual({ ...before?.resolved, deadline: '2026-11-22T05:00:00Z' });
    expect(entry?.record.kind).toBe('grant');
  });

  test('never lies later than what was signed', () => {
    expect(extended(30, longer, { expiresAt: '2026-11-22T04:30:00Z' }).grants.get('first')?.deadline).toEqual(at(90));
  });

  test.each<readonly [string, number, string, Parameters<HistoryBuilder['extension']>[3], string]>([
    ['a second before the deadline counts', 60 - 1 / 60, longer, {}, 'counts'],
    ['exactly at the deadline is past', 60, longer, {}, 'the grant had ended before'],
    ['after the deadline', 61, longer, {}, 'the grant had ended before'],
    ['another reason', 30, grantText({ duration: '2h', reason: 'Other' }), {}, 'nothing but the duration'],
    ['another role', 30, grantText({ duration: '2h', role: 'database-failover' }), {}, 'nothing but the duration'],
    ['another account', 30, grantText({ duration: '2h', account: 'sandbox' }), {}, 'nothing but the duration'],
    ['another requester', 30, grantText({ duration: '2h', requester: 'hubot' }), {}, 'nothing but the duration'],
    ['the requester in other letter case', 30, grantText({ duration: '2h', requester: 'OctoCat' }), {}, 'counts'],
    ['an incident', 30, `${longer}incident: INC-1\n`, {}, 'nothing but the duration'],
    [
      'signed until the very deadline',
      30,
      longer,
      { expiresAt: '2026-11-22T04:00:00Z' },
      'would not move the deadline',
    ],
    ['the same duration', 30, `${GRANT}# again\n`, {}, 'must raise the duration'],
    ['a shorter duration', 30, grantText({ duration: '30m' }), {}, 'must raise the duration'],
    ['signed as a grant', 30, longer, { kind: 'grant' }, 'no valid extension authorization'],
    ['signed for other access', 30, longer, { access: `sha256:${'0'.repeat(64)}` }, 'not that of the grant'],
    ['judged under another policy', 30, longer, { policies: hash('old') }, 'no longer in force'],
    [
      'signed until before the deadline',
      30,
      longer,
      { expiresAt: '2026-11-22T03:59:00Z' },
      'would not move the deadline',
    ],
  ])('%s', (_, minutes, text, more, outcome) => {
    const ledger = extended(minutes, text, more);
    const entry = ledger.grants.get('first');
    if (outcome === 'counts') {
      expect(entry?.deadline).toEqual(at(120));
      return;
    }
    expect(entry).toMatchObject({ deadline: at(60), pulls: [42] });
    expect(ledger.alarms).toMatchObject([{ code: 'grant-edited', message: expect.stringContaining(outcome) }]);
  });

  test('is of one grant: another id is another grant', () => {
    const grant = built((h) => h.grant('first', 0)).grants.get('first')?.grant ?? expect.fail();
    expect(sameButDuration(grant, { ...grant, duration: '2h', seconds: 7200 })).toBe(true);
    expect(sameButDuration(grant, { ...grant, id: 'second' })).toBe(false);
  });

  test('the next one counts from the extended deadline', () => {
    const third = grantText({ duration: '3h' });
    const ledger = built((h) => {
      h.grant('first', 0);
      h.merge(30, h.extension('first', 0, longer), { changes: [h.edit('first', longer)] });
      h.merge(110, h.extension('first', 0, third, { pullRequest: 44 }), { changes: [h.edit('first', third)] });
    });
    expect(ledger.grants.get('first')).toMatchObject({ deadline: at(180), pulls: [42, 43, 44] });
  });
});
