// The Pulumi command of one operation, which starts nothing any more once the operation is aborted.
import type { PulumiCommand } from '@pulumi/pulumi/automation/cmd.js';

/**
 * Pulumi hands the signal to a command that runs and does not look at it before it starts one: an abort between two
 * commands would be lost, and the second would put back what an early end has denied meanwhile.
 */
export function unlessAborted(command: PulumiCommand, signal: AbortSignal): PulumiCommand {
  // Every command goes through it, though its types do not say so.
  const running = command as unknown as { run: (...args: unknown[]) => Promise<unknown> };
  const run = running.run.bind(command);
  running.run = async (...args) => {
    signal.throwIfAborted();
    return await run(...args);
  };
  return command;
}
