// Scrapes for tests: everything that the metrics can show at once, and numbers read back out of the text.
import { createMetrics, type Seen } from '../../app/metrics.ts';
import type { Trouble } from '../../app/reconcile/standing.ts';

export const AT = new Date('2026-11-22T05:00:00Z');
export const trouble = (what: Trouble['what'], since: string): Trouble => ({
  grant: 'db-down',
  what,
  since: new Date(since),
  reason: 'AWS answered a secret of octocat',
});

export function seen(more: Partial<Seen['watch']> = {}): Seen {
  const late = trouble('removal', '2026-11-22T04:00:00Z');
  const waits = trouble('granting', '2026-11-22T04:59:00Z');
  return {
    queued: 3,
    opened: new Map([['grant-edited', 2]]),
    watch: {
      at: AT,
      lastPass: new Date('2026-11-22T04:59:30Z'),
      problems: [],
      engine: 'ready',
      alarms: [],
      standing: { live: 4, failing: [waits, late], stuck: [late], unproven: [late] },
      clocks: { aws: -2.5, github: 0.5 },
      ...more,
    },
  };
}

export async function metricsOfEverything(): Promise<string> {
  const metrics = createMetrics();
  metrics.measure({ kind: 'approval-to-merge', change: 'grant', seconds: 3 });
  metrics.measure({ kind: 'merge-to-granted', seconds: 12 });
  metrics.measure({ kind: 'end-to-removed', end: 'deadline', seconds: 40 });
  return await metrics.scrape(seen());
}

export function metricNames(text: string): readonly string[] {
  return [...text.matchAll(/^# TYPE (\S+) \w+$/gm)].map(([, name = '']) => name);
}

/** Undefined where the metric is not shown. */
export function value(text: string, name: string): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}
