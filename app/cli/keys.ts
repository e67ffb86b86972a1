// `breakglass keys`: the keys by which the app signs its authorizations.
import type { Command } from 'commander';
import type { Cli } from './cli.ts';
import { addKeysList } from './keys-list.ts';
import { addKeysNew } from './keys-new.ts';
import { addKeysRotate } from './keys-rotate.ts';

export function addKeys(program: Command, cli: Cli): void {
  const keys = program.command('keys').description('keys by which the app signs its authorizations: new, list, rotate');
  addKeysNew(keys, cli);
  addKeysList(keys, cli);
  addKeysRotate(keys, cli);
}
