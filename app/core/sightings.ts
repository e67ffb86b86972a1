// How often in a row something was seen: one empty or half answer of AWS must not move anything.

export type Sighting = { readonly times: number; readonly since: Date };

/** What is not seen now begins anew when it is seen again. */
export function sight(
  before: ReadonlyMap<string, Sighting>,
  seen: Iterable<string>,
  now: Date,
): ReadonlyMap<string, Sighting> {
  return new Map(
    [...seen].map((key) => {
      const known = before.get(key);
      return [key, { times: (known?.times ?? 0) + 1, since: known?.since ?? now }];
    }),
  );
}
