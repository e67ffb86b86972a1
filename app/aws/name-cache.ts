// Remembers the name of every permission set by its ARN, over restarts: names never change, and AWS lists ARNs only.
import { readFile, rename, writeFile } from 'node:fs/promises';

export type NameCache = {
  readonly nameOf: (arn: string) => string | undefined;
  readonly arnOf: (name: string) => string | undefined;
  readonly set: (arn: string, name: string) => void;
  readonly forget: (arn: string) => void;
  /** What is known under a prefix and not among these. */
  readonly lacking: (
    arns: ReadonlySet<string>,
    prefix: string,
  ) => readonly { readonly arn: string; readonly name: string }[];
  /** Drops what AWS no longer lists. */
  readonly keep: (arns: ReadonlySet<string>) => void;
  /** Writes the file, if there is one and something changed. */
  readonly save: () => Promise<void>;
};

export const createNameCache = async (file: string | undefined): Promise<NameCache> => {
  const names = new Map(file === undefined ? [] : await read(file));
  let changed = false;
  let saving: Promise<void> = Promise.resolve();
  const forget = (arn: string): void => {
    changed = names.delete(arn) || changed;
  };
  return {
    nameOf: (arn) => names.get(arn),
    arnOf: (name) => [...names].find(([, known]) => known === name)?.[0],
    set: (arn, name) => {
      names.set(arn, name);
      changed = true;
    },
    forget,
    lacking: (arns, prefix) =>
      [...names].flatMap(([arn, name]) => (name.startsWith(prefix) && !arns.has(arn) ? [{ arn, name }] : [])),
    keep: (arns) => [...names.keys()].filter((arn) => !arns.has(arn)).forEach(forget),
    save: () => {
      // One after the other, and a disk that takes nothing keeps nobody from finding, and ending, an access.
      saving = saving.then(async () => {
        if (file === undefined || !changed) return;
        changed = false;
        await write(file, JSON.stringify(Object.fromEntries(names))).catch(() => {
          changed = true;
        });
      });
      return saving;
    },
  };
};

// A cache that cannot be read costs a few hundred look-ups, nothing else: start with an empty one.
const read = async (file: string): Promise<readonly (readonly [string, string])[]> => {
  try {
    const parsed: unknown = JSON.parse(await readFile(file, 'utf8'));
    return Object.entries(parsed ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  } catch {
    return [];
  }
};

const write = async (file: string, text: string): Promise<void> => {
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, text);
  await rename(draft, file);
};
