// All pages of a list, or an error: a list that ends early would hide a rejection, a push or a reviewer.
import type { Client } from './octokit-requests.ts';

type Page<Data> = { readonly data: Data; readonly headers: { readonly link?: string | undefined } };

/** Ample for any list here: 100 a page, 1,000 pages. A `next` that leads in a circle must not hang the app. */
const MOST_PAGES = 1_000;

/**
 * Octokit's own `paginate` is not used: it answers a 409 or an empty body with the pages it has so far.
 * `items` takes the array out of an answer that is an object.
 */
export const everyPage = async <Data, Item>(
  client: Pick<Client, 'request'>,
  first: Promise<Page<Data>>,
  items: (data: Data) => readonly Item[],
): Promise<readonly Item[]> => {
  const all: Item[] = [];
  let page = await first;
  for (let count = 1; ; count += 1) {
    const found = items(page.data);
    if (!Array.isArray(found)) throw new Error('GitHub answered something else than the list that was asked for');
    all.push(...found);
    const next = nextUrl(page.headers.link);
    if (next === undefined) return all;
    if (count >= MOST_PAGES) throw new Error(`GitHub's list goes on after ${MOST_PAGES} pages: ${next}`);
    page = (await client.request({ method: 'GET', url: next })) as Page<Data>;
  }
};

export const asList = <Item>(data: readonly Item[]): readonly Item[] => data;

export const nextUrl = (link: string | undefined): string | undefined =>
  /<([^<>]+)>;\s*rel="next"/.exec(link ?? '')?.[1];
