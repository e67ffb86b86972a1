// Tells the stand-in plugin's process among others, from its sources or in one file.
import { readFileSync } from 'node:fs';

export function isPlugin(pid: number): boolean {
  try {
    return /\/provider\.[tj]s\b/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return false; // ended meanwhile
  }
}
