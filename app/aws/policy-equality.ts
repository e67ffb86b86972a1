// Do two IAM policy documents mean the same? AWS may return what it was given in another order or layout.

/** False when either is not JSON: what cannot be read is not equal. */
export const samePolicy = (left: string | undefined, right: string): boolean => {
  if (left === undefined) return false;
  try {
    return canonical(JSON.parse(left)) === canonical(JSON.parse(right));
  } catch {
    return false;
  }
};

// In IAM's grammar order and repetition mean nothing in any list, and a list of one is the same as its element.
const canonical = (value: unknown): string => {
  if (Array.isArray(value)) {
    const items = [...new Set(value.map(canonical))].sort();
    return items.length === 1 ? String(items[0]) : `[${items.join(',')}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`);
    return `{${entries.sort().join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
};
