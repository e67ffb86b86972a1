// Pagination with Link headers: by page number for most lists, by cursor for the activity log.
import { ok, type Reply } from './reply.ts';
import type { Call } from './router.ts';

export const perPage = (call: Call): number => clamp(Number(call.query.get('per_page') ?? 30), 1, 100);

export function paged<T>(call: Call, all: readonly T[], show: (page: readonly T[]) => unknown): Reply {
  const page = pageNumber(call);
  const size = perPage(call);
  const reply = ok(show(all.slice((page - 1) * size, page * size)));
  return { ...reply, headers: pageLinks(call, page, Math.max(1, Math.ceil(all.length / size))) };
}

export const pagedList = <T>(call: Call, all: readonly T[], show: (item: T) => unknown): Reply =>
  paged(call, all, (page) => page.map(show));

/** For views that ask Git; only the page that is shown is computed. */
export async function pagedAsync<T>(
  call: Call,
  all: readonly T[],
  show: (item: T) => Promise<unknown>,
): Promise<Reply> {
  const reply = paged(call, all, (page) => page);
  return { ...reply, body: await Promise.all((reply.body as readonly T[]).map(show)) };
}

export function cursorLinks(call: Call, cursors: { after?: string; before?: string }): Record<string, string> {
  const links = [];
  if (cursors.after) links.push(`<${address(call, { after: cursors.after, before: null })}>; rel="next"`);
  if (cursors.before) links.push(`<${address(call, { before: cursors.before, after: null })}>; rel="prev"`);
  return links.length > 0 ? { link: links.join(', ') } : {};
}

const pageNumber = (call: Call): number => Math.max(1, Number(call.query.get('page') ?? 1) || 1);

const clamp = (value: number, low: number, high: number): number =>
  Number.isFinite(value) ? Math.min(high, Math.max(low, Math.trunc(value))) : 30;

function pageLinks(call: Call, page: number, last: number): Record<string, string> {
  const link = (target: number, rel: string) => `<${address(call, { page: String(target) })}>; rel="${rel}"`;
  const links = [];
  if (page > 1) links.push(link(page - 1, 'prev'));
  if (page < last) links.push(link(page + 1, 'next'), link(last, 'last'));
  if (page > 1) links.push(link(1, 'first'));
  return links.length > 0 ? { link: links.join(', ') } : {};
}

function address(call: Call, changes: Record<string, string | null>): string {
  const url = new URL(call.url);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  return url.href;
}
