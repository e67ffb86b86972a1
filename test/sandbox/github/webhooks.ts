// Signs and delivers webhooks to every target, once, without waiting and without ever trying again.
import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Faults } from './faults.ts';
import { type Emission, stamp, type World } from './world.ts';

export type Attempt = { readonly target: string; readonly status: number | null; readonly error: string | null };
export type Delivery = Emission & {
  readonly guid: string;
  readonly at: string;
  readonly fate: 'sent' | 'lost' | 'doubled' | 'delayed' | 'reordered';
  readonly attempts: Attempt[];
};

export type Webhooks = ReturnType<typeof createWebhooks>;

const timeout = 10_000;

export function createWebhooks(options: { secret: string; hookId: number; faults: Faults; now: () => Date }) {
  const targets = new Set<string>();
  const deliveries: Delivery[] = [];
  const underWay = new Set<Promise<void>>();
  const held: Delivery[] = [];

  const start = (work: Promise<void>): void => {
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  };
  const send = async (delivery: Delivery): Promise<void> => {
    await Promise.all(
      [...targets].map(async (target) => delivery.attempts.push(await post(target, delivery, options))),
    );
  };
  const dispatch = (delivery: Delivery, delay: number): void => {
    switch (delivery.fate) {
      case 'lost':
        return;
      case 'reordered':
        held.push(delivery);
        return;
      case 'doubled':
        start(send(delivery));
        start(send(delivery));
        break;
      case 'delayed':
        start(wait(delay).then(() => send(delivery)));
        break;
      case 'sent':
        start(send(delivery));
    }
    // The overtaken ones follow once this one is out.
    for (const late of held.splice(0)) start(wait(5).then(() => send(late)));
  };
  return {
    deliveries,
    targets: {
      add: (url: string) => void targets.add(url),
      remove: (url: string) => void targets.delete(url),
      list: () => [...targets],
    },
    emit: ({ event, action, payload }: Emission): void => {
      const down = options.faults.outage() !== 'none';
      const effect = down ? ({ kind: 'lose' } as const) : options.faults.webhookEffect(event, action);
      const fate: Delivery['fate'] = effect ? fates[effect.kind] : 'sent';
      // A snapshot: what happens after the event must not change what it said.
      const frozen: Emission['payload'] = structuredClone(payload);
      const at = stamp({ now: options.now });
      const delivery: Delivery = { event, action, payload: frozen, guid: randomUUID(), at, fate, attempts: [] };
      deliveries.push(delivery);
      dispatch(delivery, effect?.kind === 'delay' ? effect.milliseconds : 0);
    },
    /** Sends an earlier delivery once more, as an administrator can by hand; the id stays. */
    redeliver: (guid: string): void => {
      const found = deliveries.find((delivery) => delivery.guid === guid);
      if (found) start(send(found));
    },
    idle: async (): Promise<void> => {
      for (const late of held.splice(0)) start(send(late));
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

const fates = { lose: 'lost', double: 'doubled', delay: 'delayed', reorder: 'reordered' } as const;

async function post(target: string, delivery: Delivery, options: { secret: string; hookId: number }): Promise<Attempt> {
  const body = JSON.stringify(delivery.payload);
  const headers = {
    'content-type': 'application/json',
    accept: '*/*',
    'user-agent': 'GitHub-Hookshot/044aadd',
    'x-github-delivery': delivery.guid,
    'x-github-event': delivery.event,
    'x-github-hook-id': String(options.hookId),
    'x-github-hook-installation-target-id': String(options.hookId),
    'x-github-hook-installation-target-type': 'integration',
    'x-hub-signature-256': `sha256=${createHmac('sha256', options.secret).update(body).digest('hex')}`,
  };
  try {
    const response = await fetch(target, { method: 'POST', headers, body, signal: AbortSignal.timeout(timeout) });
    await response.arrayBuffer();
    return { target, status: response.status, error: null };
  } catch (error) {
    return { target, status: null, error: error instanceof Error ? error.message : String(error) };
  }
}

/** Whom an event of the organization is from when no one is named. */
export const anAdmin = (world: World) =>
  world.users.find((user) => user.role === 'admin') ?? world.users[0] ?? world.app.bot;
