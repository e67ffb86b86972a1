// What AWS answered and when: request id and `Date` of each answer, and the difference between AWS's clock and ours.
import type { Evidence } from './port.ts';

/** An SDK output or an SDK exception: both carry the request id. */
export type Answer = { readonly $metadata: { readonly requestId?: string | undefined } };

export type Clock = {
  readonly differenceMs: () => number | null;
  /** Takes the `Date` header of an answer that was sent for and received at these times of ours. */
  readonly note: (date: string, sentAt: number, receivedAt: number) => void;
};

export const createClock = (): Clock => {
  let difference: number | null = null;
  return {
    differenceMs: () => difference,
    note: (date, sentAt, receivedAt) => {
      const theirs = Date.parse(date);
      // `Date` is cut to whole seconds: on average AWS's clock reads half a second more.
      if (!Number.isNaN(theirs)) difference = Math.round(theirs + 500 - (sentAt + receivedAt) / 2);
    },
  };
};

type Noted = { readonly operation: string; readonly at: string };

// Neither outputs nor exceptions have a place for the operation and the Date; a side table spares a wrapper around every call.
const noted = new WeakMap<object, Noted>();

export const noteAnswer = (answer: object, operation: string, date: string | undefined): void => {
  const theirs = Date.parse(date ?? '');
  noted.set(answer, { operation, at: new Date(Number.isNaN(theirs) ? Date.now() : theirs).toISOString() });
};

export const operationOf = (answer: object): string | null => noted.get(answer)?.operation ?? null;

export const evidenceOf = (answer: Answer): Evidence => ({
  operation: noted.get(answer)?.operation ?? 'unknown',
  requestId: answer.$metadata.requestId ?? 'none',
  at: noted.get(answer)?.at ?? new Date().toISOString(),
});

export type Answered<Item> = { readonly items: readonly Item[]; readonly evidence: readonly Evidence[] };

/** Every item of every page, with the evidence of each page. */
export const collect = async <Page extends Answer, Item>(
  pages: AsyncIterable<Page>,
  itemsOf: (page: Page) => readonly Item[] | undefined,
): Promise<Answered<Item>> => {
  const items: Item[] = [];
  const evidence: Evidence[] = [];
  for await (const page of pages) {
    items.push(...(itemsOf(page) ?? []));
    evidence.push(evidenceOf(page));
  }
  return { items, evidence };
};
