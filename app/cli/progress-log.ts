// The app's log, as lines for a person on stderr: for commands that do the app's work in front of somebody.
import { type Logger, pino } from 'pino';
import type { Terminal } from './terminal.ts';

const OWN = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'progress']);

export function progressLog(terminal: Terminal, level: string): Logger {
  return pino({ level, base: null }, { write: (line: string) => terminal.note(readable(line)) });
}

function readable(line: string): string {
  const entry: unknown = JSON.parse(line);
  if (typeof entry !== 'object' || entry === null) return line;
  const fields = Object.entries(entry).filter(([name]) => !OWN.has(name));
  const rest = fields.map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const message = 'msg' in entry ? String(entry.msg) : '';
  return [message, ...rest].join('  ');
}
