// Health, the right to read /metrics, and what is kept for the next process and for `breakglass status`.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { homePage } from '../../app/home.ts';
import { createMetrics } from '../../app/metrics.ts';
import { createAlarms } from '../../app/reconcile/alarms.ts';
import type { Context, EngineState } from '../../app/reconcile/context.ts';
import { readWatch } from '../../app/reconcile/watch-file.ts';
import { createWatching } from '../../app/watching.ts';
import { at, built } from '../core/ledger/history-builder.ts';
import { emptyMemory } from '../reconcile/remembered.ts';
import { AT, seen, value } from './scraped.ts';

const LEDGER = built((h) => void h.grant('payments-db', 0));

function stage({ token = null }: { readonly token?: string | null } = {}) {
  const dataDir = mkdtempSync(join(tmpdir(), 'watching-'));
  const state = {
    engine: { kind: 'unavailable', reason: 'x' } as EngineState,
    connected: true,
    readable: true,
    reads: 0,
  };
  const log = { error: () => {}, info: () => {}, warn: () => {} };
  const context = {
    github: {
      now: () => at(30),
      repository: async () => ({ owner: 'acme', name: 'a<b', url: 'https://github.com/acme/access' }),
    },
    configured: { branch: 'main' },
    memory: emptyMemory(),
    alarms: createAlarms({ log: log as never, now: () => at(30) }),
    engine: () => state.engine,
    identityCenter: () => ({ clockDifferenceMs: () => 1500 }),
    ledger: async () => {
      state.reads += 1;
      if (!state.readable) throw new Error('no root');
      return LEDGER;
    },
  } as unknown as Context;
  const watching = createWatching({
    config: { dataDir, passMs: 60_000, metricsToken: token },
    context,
    connected: () => state.connected,
    metrics: createMetrics(),
    queued: () => 4,
    lastPass: at(1),
    log,
  });
  return { dataDir, state, context, watching };
}

const ran = { live: 1, steps: 0, problems: [] };

describe('/metrics', () => {
  test.each([
    [null, undefined, 200],
    [null, 'Bearer whatever', 200],
    ['the-right-token-x', undefined, 401],
    ['the-right-token-x', 'Bearer the-right-token-y', 401],
    ['the-right-token-x', 'the-right-token-x', 401],
    ['the-right-token-x', 'Bearer the-right-token-xx', 401],
    ['the-right-token-x', 'Bearer the-right-token-x', 200],
  ])('with the token %j and %j it answers %i', async (token, authorization, status) => {
    const { watching, state } = stage({ token });
    const page = await watching.metrics(authorization);
    expect(page.status).toBe(status);
    expect(page.body.includes('breakglass_grants_live 1')).toBe(status === 200);
    expect(state.reads).toBe(status === 200 ? 1 : 0);
  });

  test('scrapes that come at once read the ledger once', async () => {
    const { watching, state } = stage();
    await Promise.all(Array.from({ length: 20 }, () => watching.metrics(undefined)));
    expect(state.reads).toBe(1);
    await watching.metrics(undefined);
    expect(state.reads).toBe(2);
  });

  test('the last pass of the process before is the last one until this one has made its own', async () => {
    const { watching } = stage();
    const last = async () =>
      value((await watching.metrics(undefined)).body, 'breakglass_last_successful_pass_timestamp_seconds');
    expect(await last()).toBe(at(1).getTime() / 1000);
    watching.onPass({ ...ran, problems: ['git fetch: no'] });
    expect(await last()).toBe(at(1).getTime() / 1000);
    watching.onPass(ran);
    expect(await last()).toBe(at(30).getTime() / 1000);
  });

  test('what cannot be known is left out: an unreadable ledger, no connection, or another process at work', async () => {
    const { watching, state } = stage();
    state.readable = false;
    state.connected = false;
    const blind = (await watching.metrics(undefined)).body;
    expect(blind).not.toMatch(/^breakglass_(grants_live|clock_difference_seconds)/m);
    state.readable = true;
    state.engine = { kind: 'standby' };
    const standby = (await watching.metrics(undefined)).body;
    expect(standby).not.toMatch(/^breakglass_grants_live/m);
    expect(value(standby, 'breakglass_clock_difference_seconds{to="aws"}')).toBe(1.5);
    expect(value(standby, 'breakglass_queue_keys')).toBe(4);
  });
});

describe('health', () => {
  test('is ready after a pass without problems while GitHub is connected', () => {
    const { watching, state } = stage();
    expect([watching.healthz(), watching.readyz().ok]).toEqual([{ ok: true, body: { lastPass: null } }, false]);
    watching.onPass(ran);
    expect([watching.healthz().body.lastPass, watching.readyz().ok]).toEqual([at(30).getTime(), true]);
    state.connected = false;
    expect(watching.readyz().ok).toBe(false);
    state.connected = true;
    watching.passFailed('no ledger');
    expect(watching.readyz()).toMatchObject({ ok: false, body: { problems: ['no ledger'] } });
    watching.setEngine('no Pulumi');
    expect(watching.readyz().body.engine).toBe('no Pulumi');
  });
});

describe('on disk', () => {
  test('after each pass, good or bad, stands what was seen', async () => {
    const { watching, dataDir, context } = stage();
    context.alarms.raise('grant-stuck', 'payments-db', 'x');
    context.memory.saidAlarms.add('said');
    watching.onPass(ran);
    await expect.poll(() => readWatch(dataDir)?.alarms.length).toBe(1);
    expect(readWatch(dataDir)).toMatchObject({ lastPass: at(30), saidAlarms: ['said'], passSeconds: 60, problems: [] });
    watching.passFailed('no ledger');
    await expect.poll(() => readWatch(dataDir)?.problems).toEqual(['no ledger']);
  });

  test('a process that stands by writes nothing over it', async () => {
    const { watching, dataDir, state } = stage();
    state.engine = { kind: 'standby' };
    watching.onPass(ran);
    await watching.look();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(readWatch(dataDir)).toBeNull();
  });
});

describe('the home page', () => {
  test('says how it stands in numbers and codes, and nothing of what is in the repository', async () => {
    const alarm = { subject: 'octocat', sentence: 'by octocat', since: AT, until: null, announced: false };
    const alarms = [{ ...alarm, code: 'grant-unauthorized' as const }];
    const page = await homePage(stage().context, seen({ alarms }).watch);
    expect(page).toContain('<tr><th>Live grants<td>4');
    expect(page).toContain('oldest since 2026-11-22 04:00:00 UTC');
    expect(page).toContain('<tr><th>Clock of AWS<td>2 s behind');
    expect(page).toContain('<b>grant-unauthorized</b><td>2026-11-22 05:00:00 UTC');
    expect(page).not.toMatch(/octocat|db-down|secret|a<b/);
  });

  test('says what it does not know', async () => {
    const nothing = { standing: null, lastPass: null, clocks: { aws: null, github: null } };
    const page = await homePage(stage().context, seen(nothing).watch);
    expect(page).toContain('<tr><th>Live grants<td>not known here');
    expect(page).toContain('<tr><th>Last pass without a problem<td>none yet');
    expect(page).toContain('No alarm is open.');
  });
});
