// Asks a person before everything of somebody ends; where nobody can be asked, `--yes` must have said it.
import { createInterface } from 'node:readline/promises';
import { EXIT, refusal } from './exit-codes.ts';

export async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw refusal(EXIT.usage, `${question} Nobody can be asked here: add --yes.`);
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim());
  } finally {
    lines.close();
  }
}
