// What the branch lacks is said in words, once, and until it is put right; what GitHub does not say wakes nobody at once.
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import type { BranchRule, GitHub } from '../../app/github/port.ts';
import { createAlarms } from '../../app/reconcile/alarms.ts';
import type { Context } from '../../app/reconcile/context.ts';
import { guardRepository, lacking } from '../../app/reconcile/repository-guard.ts';
import { defaultRulesets } from '../sandbox/github/rules.ts';
import type { World } from '../sandbox/github/world.ts';

const APP = 424_242;
const SELF: Awaited<ReturnType<GitHub['self']>> = {
  appId: APP,
  slug: 'breakglass',
  user: { login: 'breakglass[bot]', id: 1, type: 'Bot' },
};

const plain = (type: string): BranchRule => ({ type, checks: [] });
const check = (appId: number | null, context = 'breakglass'): BranchRule => ({
  type: 'required_status_checks',
  checks: [{ context, appId }],
});
const SOUND = [plain('deletion'), plain('non_fast_forward'), plain('pull_request'), check(APP)];

describe('a branch', () => {
  test('under the rulesets of the README lacks nothing, and more rules do no harm', () => {
    expect(lacking(SOUND, APP)).toEqual([]);
    expect(lacking([...SOUND, plain('required_signatures'), check(null, 'lint'), check(7)], APP)).toEqual([]);
    const world = { app: { slug: 'breakglass', id: APP }, nextId: () => 1, now: () => new Date(0) };
    const readme = defaultRulesets(world as unknown as World, false).flatMap(({ rules }) => rules);
    expect(new Set(readme.map(({ type }) => type))).toEqual(new Set(SOUND.map(({ type }) => type)));
  });

  test.each(['deletion', 'non_fast_forward', 'pull_request', 'required_status_checks'])(
    'without %s says so',
    (type) => {
      const lacks = lacking(
        SOUND.filter((rule) => rule.type !== type),
        APP,
      );
      expect(lacks).toHaveLength(1);
      expect(lacks[0]).toContain(`no rule "${type}"`);
    },
  );

  test.each([
    ['any app', check(null), 'required of any app or status and not of App 424242'],
    ['another app', check(7), 'required of App 7 and not of App 424242'],
    ['another check', check(APP, 'breakglass-lint'), 'no rule "required_status_checks" with "breakglass"'],
  ])('whose check is required of %s says so', (_, rule, words) => {
    expect(lacking([...SOUND.slice(0, 3), rule], APP).join()).toContain(words);
  });

  test('without any rule says all of it', () => {
    expect(lacking([], APP)).toHaveLength(4);
  });
});

type Answer = readonly BranchRule[] | Error;

function guarded(answers: Answer[]) {
  let now = new Date('2026-11-22T03:00:00Z');
  let asked = 0;
  const lines: Readonly<Record<string, unknown>>[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const memory = { guard: { lookedAt: null, unreadSince: null } };
  const github = {
    now: () => now,
    self: async () => SELF,
    branchRules: async () => {
      const answer = answers[Math.min(asked++, answers.length - 1)] ?? [];
      if (answer instanceof Error) throw answer;
      return answer;
    },
  } as unknown as GitHub;
  const configured = { branch: 'main' } as Context['configured'];
  const alarms = createAlarms({ log, now: () => now });
  return {
    look: (minutesLater = 0) => {
      now = new Date(now.getTime() + minutesLater * 60_000);
      return guardRepository({ github, configured, alarms, memory });
    },
    asked: () => asked,
    open: () => alarms.open().map(({ code }) => code),
    said: () => lines.flatMap((line) => (line.alarm === undefined ? [] : [line])),
  };
}

describe('the guard', () => {
  test('asks at once, then every ten minutes', async () => {
    const guard = guarded([SOUND]);
    await guard.look();
    await guard.look(1);
    await guard.look(8);
    expect(guard.asked()).toBe(1);
    await guard.look(1);
    expect(guard.asked()).toBe(2);
    expect(guard.open()).toEqual([]);
  });

  test('alarms once for what lacks, and closes when it is put right', async () => {
    const guard = guarded([SOUND.slice(1), SOUND.slice(1), SOUND]);
    await guard.look();
    await guard.look(10);
    expect(guard.said()).toMatchObject([
      { alarm: 'branch-unprotected', branch: 'main', msg: expect.stringContaining('no rule "deletion"') },
    ]);
    expect(guard.open()).toEqual(['branch-unprotected']);
    await guard.look(10);
    expect(guard.open()).toEqual([]);
  });

  test('asks again in the next pass when GitHub does not say, and alarms after ten minutes of that', async () => {
    const guard = guarded([new Error('403 Upgrade'), new Error('403 Upgrade'), new Error('403 Upgrade'), SOUND]);
    await guard.look();
    await guard.look(9);
    expect(guard.said()).toEqual([]);
    await guard.look(1);
    expect(guard.said()).toMatchObject([{ alarm: 'branch-protection-unknown', msg: expect.stringContaining('403') }]);
    await guard.look(1);
    expect(guard.asked()).toBe(4);
    expect(guard.open()).toEqual([]);
  });

  test('keeps an alarm open while GitHub does not say that it is over', async () => {
    const guard = guarded([[], new Error('502')]);
    await guard.look();
    await guard.look(10);
    expect(guard.open()).toEqual(['branch-unprotected']);
  });
});
