// A hold ends what began before its end, whatever is seen later; a spoiled file goes on holding, and ends nobody.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GrantEntry, Ledger } from '../../app/core/ledger/ledger.ts';
import { openHolds } from '../../app/reconcile/hold-files.ts';
import { type Hold, heedHolds, heldNow } from '../../app/reconcile/holds.ts';
import { openRevocations } from '../../app/reconcile/revocations.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holds-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const time = (clock: string) => new Date(`2026-11-22T${clock}Z`);
type Timed = Hold & { readonly until: Date };
const hold = (more: Partial<Timed> = {}): Timed => ({
  scope: { kind: 'person', id: 7 },
  at: time('03:00:00'),
  until: time('03:15:00'),
  phrase: 'revoked by operator root: stolen',
  ...more,
});

type Short = { readonly person?: number; readonly account?: string; readonly started: string; readonly ends?: string };
const entry = (id: string, { person = 7, account = '111122223333', started, ends = '05:00:00' }: Short) =>
  ({
    id,
    record: { requester: { id: person, login: 'x' } },
    resolved: { accountId: account },
    startedAt: time(started),
    deadline: time(ends),
    removed: null,
  }) as unknown as GrantEntry;
const ledgerOf = (...entries: GrantEntry[]) =>
  ({ grants: new Map(entries.map((one) => [one.id, one])) }) as unknown as Ledger;

describe('a hold', () => {
  it.each<[string, Hold['scope'], Short, boolean]>([
    ['ends what the person had before', { kind: 'person', id: 7 }, { started: '02:00:00' }, true],
    ['ends what was merged while it held', { kind: 'person', id: 7 }, { started: '03:14:59' }, true],
    ['leaves what began after it', { kind: 'person', id: 7 }, { started: '03:15:00' }, false],
    ['leaves what had ended before it', { kind: 'person', id: 7 }, { started: '01:00:00', ends: '03:00:00' }, false],
    ['leaves other people', { kind: 'person', id: 7 }, { started: '02:00:00', person: 8 }, false],
    ['ends what is in the account', { kind: 'account', id: '111122223333' }, { started: '02:00:00', person: 8 }, true],
    ['leaves other accounts', { kind: 'account', id: '999900001111' }, { started: '02:00:00' }, false],
    ['ends everybody’s', { kind: 'all' }, { started: '02:00:00', person: 9, account: '000000000000' }, true],
  ])('%s', (_, scope, grant, ends) => {
    openHolds(join(folder, 'held')).set(hold({ scope }));
    const revoked = openRevocations(join(folder, 'ended'));
    heedHolds(openHolds(join(folder, 'held')), ledgerOf(entry('g', grant)), revoked);
    expect(revoked.get('g')).toBe(ends ? 'revoked by operator root: stolen' : undefined);
  });

  it('keeps requests from being merged until it is over or released; what it ended stays ended', () => {
    const holds = openHolds(folder);
    const of = { requesterId: 7, accountId: '111122223333' };
    holds.set(hold());
    expect(heldNow(holds, of, time('03:14:59'))).toContain('until 2026-11-22T03:15:00Z: revoked by operator root');
    expect(heldNow(holds, of, time('03:15:00'))).toBeNull();
    expect(heldNow(holds, { ...of, requesterId: 8 }, time('03:01:00'))).toBeNull();
    expect(holds.release({ kind: 'all' }, time('03:05:00'))).toBe(false);
    expect(holds.release({ kind: 'person', id: 7 }, time('03:05:00'))).toBe(true);
    expect(heldNow(holds, of, time('03:05:00'))).toBeNull();
    const revoked = openRevocations(join(folder, 'ended'));
    heedHolds(
      holds,
      ledgerOf(entry('before', { started: '03:04:59' }), entry('after', { started: '03:05:00' })),
      revoked,
    );
    expect([revoked.has('before'), revoked.has('after')]).toEqual([true, false]);
  });

  it('of which only the name is left holds until somebody looks', () => {
    writeFileSync(join(folder, 'person-7.json'), '{"at":"20');
    const holds = openHolds(folder);
    expect(heldNow(holds, { requesterId: 7, accountId: '1' }, time('23:00:00'))).toContain('which cannot be read');
    expect(heldNow(holds, { requesterId: 8, accountId: '1' }, time('23:00:00'))).toBeNull();
  });

  it('of which only the name is left ends nothing, and is gone once somebody has looked and released it', () => {
    const unread: string[] = [];
    writeFileSync(join(folder, 'all.json'), '');
    const holds = openHolds(folder, (files) => unread.push(...files.map(({ file }) => file)));
    const revoked = openRevocations(join(folder, 'ended'));
    heedHolds(holds, ledgerOf(entry('g', { started: '02:00:00' })), revoked);
    expect(revoked.has('g')).toBe(false);
    expect(unread).toEqual([join(folder, 'all.json')]);
    expect(holds.release({ kind: 'all' }, time('03:00:00'))).toBe(true);
    expect(holds.list()).toEqual([]);
    heedHolds(holds, ledgerOf(entry('g', { started: '02:00:00' })), revoked);
    expect(revoked.has('g')).toBe(false);
  });

  it('that is long over ends nobody when its file cannot be read at this moment', () => {
    const holds = openHolds(join(folder, 'held'));
    holds.set(hold({ scope: { kind: 'all' } }));
    expect(holds.list()).toHaveLength(1);
    rmSync(join(folder, 'held/all.json'));
    mkdirSync(join(folder, 'held/all.json'));
    const revoked = openRevocations(join(folder, 'ended'));
    const ledger = ledgerOf(entry('before', { started: '02:00:00' }), entry('after', { started: '04:00:00' }));
    heedHolds(holds, ledger, revoked);
    expect([revoked.has('before'), revoked.has('after')]).toEqual([true, false]);
    // It may have been another order.
    expect(heldNow(holds, { requesterId: 7, accountId: '1' }, time('23:00:00'))).toContain('cannot be read');
    rmSync(join(folder, 'held/all.json'), { recursive: true });
    expect(holds.list()).toEqual([]);
  });

  it('is made longer by a second order, never shorter, and keeps its beginning', () => {
    const holds = openHolds(folder);
    holds.set(hold({ until: time('05:00:00') }));
    holds.set(hold({ at: time('03:10:00'), until: time('03:25:00') }));
    expect(holds.list()).toEqual([hold({ until: time('05:00:00') })]);
    holds.set(hold({ at: time('03:20:00'), until: time('06:00:00'), phrase: 'again' }));
    expect(holds.list()).toEqual([hold({ until: time('06:00:00'), phrase: 'again' })]);
    holds.release({ kind: 'person', id: 7 }, time('03:30:00'));
    expect(holds.list()[0]?.until).toEqual(time('03:30:00'));
    // What was over before the order has nothing to do with it.
    holds.set(hold({ at: time('04:00:00'), until: time('04:15:00') }));
    expect(holds.list()).toEqual([hold({ at: time('04:00:00'), until: time('04:15:00') })]);
  });

  it('is deleted when whatever began before its end is past the longest deadline that there is', () => {
    const holds = openHolds(folder);
    holds.set(hold());
    holds.forgetOver(new Date('2026-12-23T03:15:00Z'));
    expect(holds.list()).toHaveLength(1);
    holds.forgetOver(new Date('2026-12-23T03:15:01Z'));
    expect(readdirSync(folder)).toEqual([]);
  });

  it('goes on while its folder cannot be read', () => {
    const holds = openHolds(join(folder, 'held'));
    holds.set(hold());
    expect(holds.list()).toHaveLength(1);
    rmSync(join(folder, 'held'), { recursive: true });
    writeFileSync(join(folder, 'held'), 'not a folder');
    expect(holds.list()).toHaveLength(1);
  });
});

describe('an early end that the disk does not take', () => {
  it('stands in memory, is told once, and is written when there is room again', () => {
    const place = join(folder, 'ended');
    const told: string[] = [];
    const revoked = openRevocations(place, { unwritten: (error) => told.push(error.message) });
    rmSync(place, { recursive: true });
    writeFileSync(place, 'not a folder');
    revoked.set('db-down', 'revoked by octocat');
    revoked.set('db-down', 'later');
    expect([revoked.get('db-down'), revoked.list()]).toEqual(['revoked by octocat', ['db-down']]);
    expect(told).toHaveLength(1);
    rmSync(place);
    openRevocations(place);
    expect(openRevocations(place).list()).toEqual([]);
    expect(revoked.list()).toEqual(['db-down']);
    expect(openRevocations(place).get('db-down')).toBe('revoked by octocat');
  });
});
