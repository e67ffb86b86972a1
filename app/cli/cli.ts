// What a command gets to work with.
import type { ExitCode } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

export type Cli = {
  readonly terminal: Terminal;
  /** Runs a command's work; its answer becomes the exit code. */
  readonly run: (work: () => Promise<ExitCode>) => Promise<void>;
};
