// /metrics: the numbers of one look, nothing where nothing is known, and nothing about people.
import { describe, expect, test } from 'vitest';
import { createMetrics } from '../../app/metrics.ts';
import { ALARM_CODES } from '../../app/reconcile/alarm-codes.ts';
import { metricNames, metricsOfEverything, seen, value } from './scraped.ts';

describe('a scrape', () => {
  test('shows what was seen', async () => {
    const text = await metricsOfEverything();
    const numbers = {
      'breakglass_approval_to_merge_seconds_sum{change="grant"}': 3,
      breakglass_merge_to_granted_seconds_count: 1,
      'breakglass_end_to_removed_seconds_bucket{le="60",end="deadline"}': 1,
      'breakglass_end_to_removed_seconds_bucket{le="30",end="deadline"}': 0,
      breakglass_grants_live: 4,
      'breakglass_grants_failing{what="granting"}': 1,
      'breakglass_grants_failing{what="removal"}': 1,
      'breakglass_grants_stuck{what="granting"}': 0,
      'breakglass_grants_stuck{what="removal"}': 1,
      breakglass_removals_unproven: 1,
      breakglass_oldest_unproven_removal_age_seconds: 3600,
      breakglass_last_successful_pass_timestamp_seconds: Date.parse('2026-11-22T04:59:30Z') / 1000,
      'breakglass_clock_difference_seconds{to="aws"}': -2.5,
      'breakglass_clock_difference_seconds{to="github"}': 0.5,
      'breakglass_alarms_total{code="grant-edited"}': 2,
      breakglass_engine_ready: 1,
      breakglass_queue_keys: 3,
    };
    const shown = Object.fromEntries(Object.keys(numbers).map((name) => [name, value(text, name)]));
    expect(shown).toEqual(numbers);
  });

  test('counts the open alarms of each code, and shows the others as none', async () => {
    const one = { sentence: 'of octocat', since: new Date(0), until: null, announced: false };
    const alarms = ['a', 'b'].map((subject) => ({ ...one, code: 'grant-edited' as const, subject }));
    const text = await createMetrics().scrape(seen({ alarms }));
    for (const code of ALARM_CODES)
      expect(value(text, `breakglass_alarms_open{code="${code}"}`)).toBe(code === 'grant-edited' ? 2 : 0);
  });

  test('the second shows what is so then: nothing is added up, and what is not known any more is gone', async () => {
    const metrics = createMetrics();
    await metrics.scrape(seen());
    expect(value(await metrics.scrape(seen()), 'breakglass_alarms_total{code="grant-edited"}')).toBe(2);
    const unknown = { standing: null, lastPass: null, clocks: { aws: null, github: null }, engine: 'standing by' };
    const text = await metrics.scrape(seen(unknown));
    const left = text.split('\n').filter((line) => /^breakglass_(grants|removals|oldest|last|clock)/.test(line));
    expect(left).toEqual([]);
    expect(value(text, 'breakglass_engine_ready')).toBe(0);
  });

  test('no oldest removal has the age 0', async () => {
    const standing = { live: 0, failing: [], stuck: [], unproven: [] };
    const text = await createMetrics().scrape(seen({ standing }));
    expect(value(text, 'breakglass_oldest_unproven_removal_age_seconds')).toBe(0);
  });

  test('names nobody and no grant, has only its own metrics, and only bounded labels', async () => {
    const text = await metricsOfEverything();
    expect(text).not.toMatch(/octocat|db-down|secret/);
    expect(metricNames(text).filter((name) => !name.startsWith('breakglass_'))).toEqual([]);
    const labels = new Set([...text.matchAll(/[{,](\w+)="/g)].map(([, name]) => name));
    expect([...labels].toSorted()).toEqual(['change', 'code', 'end', 'le', 'to', 'what']);
  });
});
