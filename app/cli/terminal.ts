// Where a command writes: results to stdout, progress to stderr, colours only where a person looks at them.
import { styleText } from 'node:util';
import { singleLine } from '../core/record/trailers.ts';

export type Tone = 'bold' | 'dim' | 'red' | 'yellow' | 'green';

export type Terminal = {
  /** A line of the result. */
  readonly out: (line: string) => void;
  /** A line about what is going on. */
  readonly note: (line: string) => void;
  /** Coloured, or as it is. */
  readonly tone: (tone: Tone, text: string) => string;
  readonly now: () => Date;
};

export function processTerminal(): Terminal {
  return {
    out: (line) => void process.stdout.write(`${line}\n`),
    note: (line) => void process.stderr.write(`${line}\n`),
    // Node looks at NO_COLOR and at the stream itself (https://nodejs.org/api/util.html#utilstyletextformat-text-options).
    tone: (tone, text) => styleText(tone, text, { stream: process.stdout }),
    now: () => new Date(),
  };
}

/** Text from a repository, for a terminal: no escape sequence and no line break can come of it. */
export function shown(text: string): string {
  return singleLine(text);
}
