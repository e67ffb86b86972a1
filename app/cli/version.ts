// The package's own version: package.json lies two folders up in the sources, three in the built package.
import { existsSync, readFileSync } from 'node:fs';

export function version(): string {
  const files = ['../../package.json', '../../../package.json'].map((path) => new URL(path, import.meta.url));
  const file = files.find((one) => existsSync(one));
  const read: unknown = file === undefined ? null : JSON.parse(readFileSync(file, 'utf8'));
  return typeof read === 'object' && read !== null && 'version' in read ? String(read.version) : 'unknown';
}
