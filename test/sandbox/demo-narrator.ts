// Says what happens, with the time since the start beside it; the only file of the demo that knows about the terminal.
import { readable, wrap } from './demo-text.ts';

const WIDTH = 100;
const MARGIN = ' '.repeat(10);

export type Tone = 'plain' | 'good' | 'bad' | 'bold' | 'dim';
export type Narrator = ReturnType<typeof createNarrator>;

export type Terminal = { readonly write: (text: string) => void; readonly colours: boolean };

export function createNarrator({ write, colours }: Terminal, now: () => number = Date.now) {
  const started = now();
  const paint = (tone: Tone, text: string) => (colours && text !== '' ? `${CODES[tone]}${text}\u001b[0m` : text);
  const out = (line: string) => write(`${line}\n`);
  const lines = (text: string, tone: Tone, first: string) => {
    wrap(text, WIDTH - MARGIN.length).forEach((line, i) => {
      out(`${i === 0 ? first : MARGIN}${paint(tone, line)}`);
    });
  };
  return {
    /** What happens now. */
    step: (text: string, tone: Tone = 'bold') => {
      const seconds = ((now() - started) / 1000).toFixed(1);
      out('');
      lines(text, tone, paint('dim', `${seconds.padStart(6)} s  `));
    },
    /** More about it. */
    note: (text: string, tone: Tone = 'plain') => lines(text, tone, MARGIN),
    /** What the app wrote, as people read it on GitHub. */
    quote: (markdown: string) => {
      const bar = paint('dim', '│ ');
      for (const { text, bold } of readable(markdown, WIDTH - MARGIN.length - 2))
        out(`${MARGIN}${bar}${paint(bold ? 'bold' : 'plain', text)}`.trimEnd());
    },
    /** Without time and margin. */
    plain: (text: string, tone: Tone = 'plain') => {
      for (const line of wrap(text, WIDTH)) out(paint(tone, line));
    },
    /** Not wrapped: for commands to be copied. */
    verbatim: (text: string) => out(text),
  };
}

const CODES: Readonly<Record<Tone, string>> = {
  plain: '',
  good: '\u001b[1;32m',
  bad: '\u001b[1;31m',
  bold: '\u001b[1m',
  dim: '\u001b[2m',
};

export function coloursOn(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && (process.env.NO_COLOR ?? '') === '';
}
