// `breakglass start`: the app itself, until somebody asks it to stop.
import type { Command } from 'commander';
import type { Cli } from './cli.ts';
import { configured } from './configured.ts';
import { addExamples } from './examples.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

export function addStart(program: Command, cli: Cli): void {
  const command = program
    .command('start')
    .description('run the app: webhooks, timers, the engine. Configured by BREAKGLASS_* in the environment; logs JSON')
    .action(() => cli.run(start));
  addExamples(command, [
    ['start', 'with the configuration in the environment; every mistake in it is named'],
    ['start | pino-pretty', 'the same, read by a person'],
  ]);
}

async function start(): Promise<ExitCode> {
  const config = configured(process.env);
  const asked = stopSignal();
  const [{ startServer }, { pino }] = await Promise.all([import('../server.ts'), import('pino')]);
  const log = pino({ level: config.logLevel });
  const running = await startServer(config, log);
  log.info({ signal: await asked }, 'stopping; a second signal stops at once');
  await running.stop();
  return EXIT.ok;
}

/** The first signal asks; the second does not wait for the answer. What the engine leaves behind is found by the next start. */
function stopSignal(): Promise<NodeJS.Signals> {
  const signals = { SIGINT: 130, SIGTERM: 143 } as const;
  return new Promise((resolve) => {
    let asked = false;
    for (const [signal, code] of Object.entries(signals))
      process.on(signal, () => {
        if (asked) process.exit(code);
        asked = true;
        resolve(signal === 'SIGINT' ? 'SIGINT' : 'SIGTERM');
      });
  });
}
