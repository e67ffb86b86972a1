// The configuration that the app itself runs with, for commands that do the app's work by hand.
import { type Config, readConfig } from '../config.ts';
import { EXIT, refusal } from './exit-codes.ts';

export function configured(env: NodeJS.ProcessEnv): Config {
  const read = readConfig(env);
  if (read.kind === 'config') return read.config;
  const problems = read.problems.map((problem) => `  - ${problem}`);
  const heading = 'the configuration is not complete. This command runs with the environment of the app:';
  throw refusal(EXIT.usage, [heading, ...problems].join('\n'));
}
