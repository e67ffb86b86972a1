// Writes an object as git itself keeps a new one; a git for each would take longer than all else that a push does.
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';

/** Its id; `repository` is a bare one. */
export function writeObject(repository: string, type: 'blob' | 'commit', content: string | Uint8Array): string {
  const body = typeof content === 'string' ? Buffer.from(content) : content;
  const bytes = Buffer.concat([Buffer.from(`${type} ${body.length}\0`), body]);
  const id = createHash('sha1').update(bytes).digest('hex');
  const folder = join(repository, 'objects', id.slice(0, 2));
  const file = join(folder, id.slice(2));
  if (existsSync(file)) return id;
  mkdirSync(folder, { recursive: true });
  const aside = join(folder, `tmp_obj_${randomUUID()}`);
  writeFileSync(aside, deflateSync(bytes, { level: 1 }), { mode: 0o444 });
  renameSync(aside, file);
  return id;
}
