// What /metrics tells, for Prometheus: bounded labels only, and nothing about who asked for what or why.
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { ALARM_CODES } from './reconcile/alarm-codes.ts';
import type { Alarms } from './reconcile/alarms.ts';
import type { Measure } from './reconcile/measured.ts';
import type { Trouble } from './reconcile/standing.ts';
import type { Watch } from './reconcile/watch.ts';

export type Metrics = {
  readonly measure: Measure;
  /** The text of one scrape: gauges as they are now, not as they were when something happened. */
  readonly scrape: (seen: Seen) => Promise<string>;
  readonly contentType: string;
};

export type Seen = {
  readonly watch: Watch;
  readonly opened: ReturnType<Alarms['opened']>;
  readonly queued: number;
};

/** From a second, which is quick, to hours, which is a night's outage. */
const SECONDS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 14_400, 86_400];

export function createMetrics(): Metrics {
  const register = new Registry();
  const timings = histograms(register);
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers: [register] });
  const show = [gauges(gauge), troubles(register), clocks(register), alarmNumbers(register)];
  return {
    measure: (measured) => {
      switch (measured.kind) {
        case 'approval-to-merge':
          return timings.merge.observe({ change: measured.change }, measured.seconds);
        case 'merge-to-granted':
          return timings.grant.observe(measured.seconds);
        case 'end-to-removed':
          return timings.removal.observe({ end: measured.end }, measured.seconds);
      }
    },
    scrape: async (seen) => {
      for (const set of show) set(seen);
      return await register.metrics();
    },
    contentType: register.contentType,
  };
}

function histograms(register: Registry) {
  const common = { buckets: SECONDS, registers: [register] };
  return {
    merge: new Histogram({
      ...common,
      name: 'breakglass_approval_to_merge_seconds',
      help: 'From the last approval that counted to the merge.',
      labelNames: ['change'],
    }),
    grant: new Histogram({
      ...common,
      name: 'breakglass_merge_to_granted_seconds',
      help: 'From the merge of a request until AWS confirmed the access.',
    }),
    removal: new Histogram({
      ...common,
      name: 'breakglass_end_to_removed_seconds',
      help: 'From the deadline or an earlier end until AWS proved that the access is gone.',
      labelNames: ['end'],
    }),
  };
}

type Show = (seen: Seen) => void;

/** What is not known is left out: a zero would say that all is well. */
function put(gauge: Gauge, value: number | null): void {
  if (value === null) gauge.remove();
  else gauge.set(value);
}

function gauges(gauge: (name: string, help: string) => Gauge): Show {
  const live = gauge('breakglass_grants_live', 'Grants that are authorized and have not ended.');
  const unproven = gauge('breakglass_removals_unproven', 'Ended grants whose absence AWS has not proved.');
  const age = gauge('breakglass_oldest_unproven_removal_age_seconds', 'Since its end; 0 when there is none.');
  const pass = gauge('breakglass_last_successful_pass_timestamp_seconds', 'When a pass last found no problem.');
  const ready = gauge('breakglass_engine_ready', '1 when this process holds the state and the engine works.');
  const queued = gauge('breakglass_queue_keys', 'Keys that wait or are worked on, those of later deadlines included.');
  return ({ watch: { standing, at, lastPass, engine }, queued: keys }) => {
    const oldest = standing?.unproven[0]?.since;
    put(live, standing?.live ?? null);
    put(unproven, standing?.unproven.length ?? null);
    put(age, standing === null ? null : oldest === undefined ? 0 : (at.getTime() - oldest.getTime()) / 1000);
    put(pass, lastPass === null ? null : lastPass.getTime() / 1000);
    ready.set(engine === 'ready' ? 1 : 0);
    queued.set(keys);
  };
}

const KINDS: readonly Trouble['what'][] = ['granting', 'removal'];

function troubles(register: Registry): Show {
  const registers = [register];
  const failing = new Gauge({
    name: 'breakglass_grants_failing',
    help: 'Grants whose last attempt failed; it is being tried again.',
    labelNames: ['what'],
    registers,
  });
  const stuck = new Gauge({
    name: 'breakglass_grants_stuck',
    help: 'Grants that have failed for more than ten minutes, or ended so long ago without a proof.',
    labelNames: ['what'],
    registers,
  });
  return ({ watch: { standing } }) => {
    for (const what of KINDS) {
      const count = (all: readonly Trouble[]) => all.filter((one) => one.what === what).length;
      if (standing === null) {
        failing.remove({ what });
        stuck.remove({ what });
      } else {
        failing.set({ what }, count(standing.failing));
        stuck.set({ what }, count(standing.stuck));
      }
    }
  };
}

function clocks(register: Registry): Show {
  const difference = new Gauge({
    name: 'breakglass_clock_difference_seconds',
    help: "Their clock minus this machine's, to about a second.",
    labelNames: ['to'],
    registers: [register],
  });
  return ({ watch: { clocks: both } }) => {
    for (const to of ['aws', 'github'] as const) {
      const seconds = both[to];
      if (seconds === null) difference.remove({ to });
      else difference.set({ to }, seconds);
    }
  };
}

function alarmNumbers(register: Registry): Show {
  const registers = [register];
  const open = new Gauge({ name: 'breakglass_alarms_open', help: 'Open now.', labelNames: ['code'], registers });
  const total = new Counter({
    name: 'breakglass_alarms_total',
    help: 'Opened since this process started.',
    labelNames: ['code'],
    registers,
  });
  return ({ watch: { alarms }, opened }) => {
    total.reset();
    for (const code of ALARM_CODES) {
      open.set({ code }, alarms.filter((one) => one.code === code).length);
      total.inc({ code }, opened.get(code) ?? 0);
    }
  };
}
