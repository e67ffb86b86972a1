// The one issue that tells of the alarms: one write at a time, no one else's issue, and never an error for anybody.
import { describe, expect, test } from 'vitest';
import { ALARM_MARKER } from '../../app/github/alarm-report.ts';
import type { Issue } from '../../app/github/port.ts';
import { reconcileAlarmIssue } from '../../app/reconcile/alarm-issue.ts';
import { createAlarms } from '../../app/reconcile/alarms.ts';
import type { Context, EngineState } from '../../app/reconcile/context.ts';
import { built } from '../core/ledger/history-builder.ts';
import { emptyMemory } from './remembered.ts';

const APP = 77;
const TITLE = 'breakglass needs a person';
type State = { number: number; open: boolean; title: string; body: string; appId: number | null };

function stage({ titled = true }: { readonly titled?: boolean } = {}) {
  const issues = new Map<number, State>();
  const writes: string[] = [];
  const comments: string[] = [];
  const warnings: string[] = [];
  let fails = false;
  let next = 1;
  const engine: { state: EngineState } = { state: { kind: 'unavailable', reason: 'x' } };
  const log = { error: () => {}, info: () => {}, warn: (facts: { error: string }) => void warnings.push(facts.error) };
  const write = (what: string) => {
    if (fails) throw new Error('502');
    writes.push(what);
  };
  const add = (issue: Partial<State>): number => {
    const number = next++;
    issues.set(number, { number, open: true, title: TITLE, body: '', appId: APP, ...issue });
    return number;
  };
  const ledger = built(() => {});
  const { alarmIssue: _, ...untitled } = ledger.policy.value.settings;
  const value = { ...ledger.policy.value, settings: titled ? { ...untitled, alarmIssue: TITLE } : untitled };
  const alarms = createAlarms({ log: log as never, now: () => new Date('2026-11-22T05:00:00Z') });
  const memory = emptyMemory();
  const context = {
    engine: () => engine.state,
    ledger: () => Promise.resolve({ ...ledger, policy: { ...ledger.policy, value } }),
    alarms,
    memory,
    log,
    github: {
      self: () => Promise.resolve({ appId: APP }),
      openIssues: async (): Promise<readonly Issue[]> => [...issues.values()].filter((one) => one.open),
      issue: async (number: number): Promise<Issue | null> => issues.get(number) ?? null,
      createIssue: async (content: { title: string; body: string }) => {
        write('create');
        return add(content);
      },
      updateIssue: async (number: number, { state, ...change }: { state: string; title: string; body: string }) => {
        write(`${state} #${number}`);
        const issue = issues.get(number);
        if (issue !== undefined) Object.assign(issue, change, { open: state === 'open' });
      },
      createComment: async (number: number, body: string) => {
        write(`comment #${number}`);
        comments.push(body);
        return 1;
      },
    },
  } as unknown as Context;
  /** One pass; what it wrote. */
  const pass = async (): Promise<readonly string[]> => {
    const before = writes.length;
    await reconcileAlarmIssue(context);
    return writes.slice(before);
  };
  const down = (now: boolean) => {
    fails = now;
  };
  return { issues, comments, warnings, alarms, memory, engine, add, pass, down };
}

test('a life: opened, told of another, changed, closed, opened again', async () => {
  const { alarms, issues, comments, pass } = stage();
  expect(await pass()).toEqual([]);
  alarms.raise('grant-stuck', 'a', 'the first');
  expect(await pass()).toEqual(['create']);
  expect(await pass()).toEqual([]);
  alarms.raise('removal-unproven', 'b', 'the second');
  expect(await pass()).toEqual(['comment #1']);
  expect(comments[0]).toContain('the second');
  expect(comments[0]).not.toContain('the first');
  expect(await pass()).toEqual(['open #1']);
  // The grave one first.
  expect(issues.get(1)?.body).toMatch(/the second[\s\S]*the first/);
  expect(await pass()).toEqual([]);
  alarms.clear('grant-stuck');
  expect(await pass()).toEqual(['open #1']);
  expect(issues.get(1)?.body).not.toContain('the first');
  alarms.clear('removal-unproven');
  expect(await pass()).toEqual(['closed #1']);
  expect(await pass()).toEqual([]);
  alarms.raise('grant-stuck', 'a', 'again');
  expect(await pass()).toEqual(['open #1']);
  expect(issues.get(1)).toMatchObject({ open: true, body: expect.stringContaining('again') });
  expect(comments).toHaveLength(1);
});

describe('whose issue', () => {
  test.each<readonly [string, Partial<State>]>([
    ["a person's", { appId: null, body: ALARM_MARKER }],
    ["another App's", { appId: 5, body: ALARM_MARKER }],
    ['one of ours about something else', { body: 'Hello' }],
    ['one whose marker is not at the beginning', { body: `x\n${ALARM_MARKER}` }],
  ])('%s is not touched, another is opened', async (_, issue) => {
    const { add, alarms, pass, issues } = stage();
    add(issue);
    alarms.raise('grant-stuck', 'a', 'x');
    expect(await pass()).toEqual(['create']);
    alarms.clear('grant-stuck');
    expect(await pass()).toEqual(['closed #2']);
    expect(issues.get(1)).toMatchObject({ open: true, ...issue });
  });

  test('of several the lowest number stays, one write at a time', async () => {
    const { add, alarms, pass } = stage();
    for (let i = 0; i < 3; i += 1) add({ body: ALARM_MARKER });
    alarms.raise('grant-stuck', 'a', 'x');
    expect([await pass(), await pass(), await pass(), await pass(), await pass()]).toEqual([
      ['closed #2'],
      ['closed #3'],
      ['comment #1'],
      ['open #1'],
      [],
    ]);
  });

  test('one left open by a process that is gone is closed at the first look', async () => {
    const { add, pass } = stage();
    add({ body: ALARM_MARKER });
    expect([await pass(), await pass()]).toEqual([['closed #1'], []]);
  });

  test('one that was deleted, or whose number is no longer ours, is not opened again', async () => {
    const { alarms, memory, pass, add } = stage();
    memory.alarmIssue.number = add({ appId: null, open: false });
    alarms.raise('grant-stuck', 'a', 'x');
    expect(await pass()).toEqual(['create']);
  });
});

describe('people', () => {
  test('who close it have seen it: it stays closed until something new opens', async () => {
    const { alarms, issues, pass } = stage();
    alarms.raise('grant-stuck', 'a', 'x');
    await pass();
    Object.assign(issues.get(1) ?? {}, { open: false });
    expect(await pass()).toEqual([]);
    alarms.raise('removal-unproven', 'b', 'y');
    expect(await pass()).toEqual(['open #1']);
  });

  test('who change its words get them back', async () => {
    const { alarms, issues, pass } = stage();
    alarms.raise('grant-stuck', 'a', 'x');
    await pass();
    Object.assign(issues.get(1) ?? {}, { body: `${ALARM_MARKER}\nNothing to see here.` });
    expect(await pass()).toEqual(['open #1']);
    expect(issues.get(1)?.body).toContain('grant-stuck');
    Object.assign(issues.get(1) ?? {}, { title: 'Nothing' });
    expect(await pass()).toEqual(['open #1']);
  });
});

test('what GitHub does not take is warned about, and told in a later pass', async () => {
  const { alarms, warnings, pass, down, comments } = stage();
  down(true);
  alarms.raise('grant-stuck', 'a', 'x');
  expect(await pass()).toEqual([]);
  expect(warnings).toEqual(['Error: 502']);
  down(false);
  expect(await pass()).toEqual(['create']);
  down(true);
  alarms.raise('removal-unproven', 'b', 'y');
  await pass();
  down(false);
  expect([await pass(), await pass(), comments.length]).toEqual([['comment #1'], ['open #1'], 1]);
});

test('a process that stands by, and settings without a title, write nothing', async () => {
  const silent = stage();
  silent.engine.state = { kind: 'standby' };
  silent.alarms.raise('grant-stuck', 'a', 'x');
  expect(await silent.pass()).toEqual([]);
  const untitled = stage({ titled: false });
  untitled.alarms.raise('grant-stuck', 'a', 'x');
  expect(await untitled.pass()).toEqual([]);
});
