// The exit codes of every command, and the one table in which `--help` shows them.
export const EXIT = {
  ok: 0,
  attention: 1,
  usage: 2,
  unavailable: 3,
  defect: 70,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const MEANING: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'done, and nothing to look at',
  attention: 'something to look at: refused, not verified, or not as signed',
  usage: 'wrong usage or configuration',
  unavailable: 'GitHub, AWS or the state cannot be reached or is in use: try again',
  defect: 'a defect in breakglass; please report it',
};

export function exitCodeHelp(): string {
  const lines = Object.entries(EXIT).map(([name, code]) => `  ${String(code).padStart(2)}  ${meaningOf(name)}`);
  return ['Exit codes:', ...lines].join('\n');
}

/** An end of a command that is nobody's defect: the sentence goes to the person, the code to the shell. */
export type Refusal = Error & { readonly exitCode: ExitCode };

export function refusal(code: ExitCode, message: string): Refusal {
  return Object.assign(new Error(message), { exitCode: code });
}

export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof Error)) return EXIT.defect;
  if ('exitCode' in error) return Object.values(EXIT).find((code) => code === error.exitCode) ?? EXIT.usage;
  // What the language itself throws is ours; what ports throw is a sentence about the world.
  const ours = [TypeError, ReferenceError, RangeError, SyntaxError].some((kind) => error instanceof kind);
  return ours ? EXIT.defect : EXIT.unavailable;
}

function meaningOf(name: string): string {
  return Object.entries(MEANING).find(([key]) => key === name)?.[1] ?? '';
}
