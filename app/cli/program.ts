// All commands of `breakglass`, and how one run of it ends.
import { Command, CommanderError } from 'commander';
import { addApply } from './apply.ts';
import { addAudit } from './audit.ts';
import type { Cli } from './cli.ts';
import { EXIT, type ExitCode, exitCodeHelp, exitCodeOf } from './exit-codes.ts';
import { addExpire } from './expire.ts';
import { addExplain } from './explain.ts';
import { addKeys } from './keys.ts';
import { addPolicy } from './policy.ts';
import { addRevoke } from './revoke.ts';
import { addStart } from './start.ts';
import { addStatus } from './status.ts';
import { processTerminal, type Terminal } from './terminal.ts';
import { version } from './version.ts';

export async function main(argv: readonly string[]): Promise<void> {
  // `breakglass audit | head` closes the pipe early; that is nobody's error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : EXIT.defect));
  const code = await runProgram(argv, processTerminal());
  // Connections that are kept alive must not keep the command alive; what was written must be out.
  process.stdout.write('', () => process.exit(code));
}

export async function runProgram(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const run: Cli['run'] = async (work) => {
    code = await work();
  };
  try {
    await createProgram({ terminal, run }).parseAsync([...argv]);
    return code;
  } catch (error) {
    // Commander has said it already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const answer = exitCodeOf(error);
    const message = error instanceof Error ? error.message : String(error);
    terminal.note(
      `breakglass: ${answer === EXIT.defect && error instanceof Error ? (error.stack ?? message) : message}`,
    );
    return answer;
  }
}

function createProgram(cli: Cli): Command {
  const program = new Command('breakglass')
    .description('Emergency AWS access as a pull request: judged, approved, granted, ended by itself, recorded in Git.')
    .version(version())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => cli.terminal.out(text.trimEnd()),
      writeErr: (text) => cli.terminal.note(text.trimEnd()),
    })
    .showHelpAfterError('(`breakglass help <command>` shows how)')
    .addHelpText('after', `\n${exitCodeHelp()}`);
  addStart(program, cli);
  addAudit(program, cli);
  addStatus(program, cli);
  addExplain(program, cli);
  addRevoke(program, cli);
  addExpire(program, cli);
  addApply(program, cli);
  addKeys(program, cli);
  addPolicy(program, cli);
  return program;
}
