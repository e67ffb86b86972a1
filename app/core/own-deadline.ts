// Until when access gives anything by what AWS itself holds of it: its tag and the literal date in its policy.

/** The later of the two; null, which is "not known", unless both can be read. */
export function ownDeadline(tag: string | null, document: string | null): Date | null {
  const told = tag === null ? Number.NaN : Date.parse(tag);
  const written = document === null ? null : deniedFrom(document);
  return Number.isNaN(told) || written === null ? null : new Date(Math.max(told, written.getTime()));
}

/** From when on the document denies everything; null where it never does, or not in the form that we write. */
export function deniedFrom(document: string): Date | null {
  const dates = statementsOf(document)
    .map(denialOf)
    .filter((date) => date !== null);
  return dates.length === 0 ? null : new Date(Math.min(...dates));
}

type Bag = Readonly<Record<string, unknown>>;

function statementsOf(document: string): readonly unknown[] {
  try {
    const parsed: unknown = JSON.parse(document);
    return isBag(parsed) ? listed(parsed.Statement) : [];
  } catch {
    return [];
  }
}

/** Any other condition beside the date may keep the statement from ever holding: it is then no deadline. */
function denialOf(statement: unknown): number | null {
  if (!isBag(statement) || statement.Effect !== 'Deny') return null;
  if (!listed(statement.Action).includes('*') || !listed(statement.Resource).includes('*')) return null;
  if (statement.Condition === undefined) return 0;
  const date = only(only(statement.Condition, 'DateGreaterThanEquals'), 'aws:CurrentTime');
  const at = typeof date === 'string' ? Date.parse(date) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

/** The value of a bag's only key. */
function only(bag: unknown, key: string): unknown {
  return isBag(bag) && Object.keys(bag).length === 1 ? bag[key] : undefined;
}

function listed(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function isBag(value: unknown): value is Bag {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
