// Plain data as JSON and back without loss: times, maps and sets are marked by a key that begins with "$".
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

/** Throws on what is no data: a function, bytes, a number that JSON does not have. */
export function toPlain(value: unknown): Plain {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value !== 'object' || ArrayBuffer.isView(value)) throw new Error(`a ${typeof value} is no plain data`);
  if (value instanceof Date) return { $time: value.toISOString() };
  if (value instanceof Map) return { $map: [...value].map(([key, one]) => [toPlain(key), toPlain(one)]) };
  if (value instanceof Set) return { $set: [...value].map(toPlain) };
  if (Array.isArray(value)) return value.map(toPlain);
  const entries = Object.entries(value).flatMap(([key, one]): [string, Plain][] =>
    one === undefined ? [] : [[key, toPlain(one)]],
  );
  // A key of somebody's own that looks like one of our marks.
  if (entries.some(([key]) => key.startsWith('$'))) return { $object: entries };
  return Object.fromEntries(entries);
}

/** Of JSON that was parsed; throws on a mark that this does not know. */
export function fromPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromPlain);
  if (typeof value !== 'object' || value === null) return value;
  const entries: readonly (readonly [string, unknown])[] = Object.entries(value);
  const [mark, content] = entries.find(([key]) => key.startsWith('$')) ?? [];
  switch (mark) {
    case undefined:
      return Object.fromEntries(entries.map(([key, one]) => [key, fromPlain(one)]));
    case '$time':
      return timeOf(content);
    case '$map':
      return new Map(pairs(content));
    case '$set':
      return new Set(items(content).map(fromPlain));
    case '$object':
      return Object.fromEntries(pairs(content).map(([key, one]) => [String(key), one]));
    default:
      throw new Error(`"${mark}" is no mark of this format`);
  }
}

function timeOf(content: unknown): Date {
  const time = new Date(typeof content === 'string' ? content : Number.NaN);
  if (Number.isNaN(time.getTime())) throw new Error('"$time" holds no time');
  return time;
}

function pairs(content: unknown): [unknown, unknown][] {
  return items(content).map((pair) => {
    const [key, value, ...more] = items(pair);
    if (value === undefined || more.length > 0) throw new Error('a pair has a key and a value');
    return [fromPlain(key), fromPlain(value)];
  });
}

function items(content: unknown): readonly unknown[] {
  if (!Array.isArray(content)) throw new Error('a marked value must be a list');
  return content;
}
