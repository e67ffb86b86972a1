// What the stand-in must know of a resource type, and the error that leaves a half-made resource in the state.
import type { Connection } from './client.ts';
import type { Properties, Schema } from './schema.ts';

export type Resource = {
  readonly schema: Schema;
  readonly create: (
    aws: Connection,
    inputs: Properties,
  ) => Promise<{ readonly id: string; readonly state: Properties }>;
  /** Undefined where AWS no longer has it: the engine then forgets it. */
  readonly read: (aws: Connection, id: string, state: Properties) => Promise<Properties | undefined>;
  /** Absent where every property forces replacement. */
  readonly update?: (
    aws: Connection,
    id: string,
    change: { readonly olds: Properties; readonly news: Properties },
  ) => Promise<Properties>;
  readonly remove: (aws: Connection, id: string) => Promise<void>;
};

/**
 * Terraform sets the id before it provisions, so a failure after that leaves the resource in the state with an
 * initialisation error instead of forgetting it. The SDK's server packs exactly these fields for the engine.
 */
export async function orPartial<T>(id: string, properties: Properties, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const cause = error instanceof Error ? error : new Error(String(error));
    throw Object.assign(cause, { id, properties, reasons: [cause.message] });
  }
}

/** Ids are ARNs and codes joined by commas, none of which contains one. */
export function idParts(id: string, expected: number): readonly string[] {
  const parts = id.split(',');
  if (parts.length === expected && parts.every((part) => part !== '')) return parts;
  throw new Error(`unexpected format for ID (${JSON.stringify(id)}), expected ${expected} parts`);
}

export function failed(doing: string, error: unknown): Error {
  return new Error(`${doing}: ${error instanceof Error ? `${error.name}: ${error.message}` : error}`);
}
