// Questions about the state that need no operation: which stacks, which permission set.
import { sharedReading } from '../core/shared-reading.ts';
import { fileState, listStacks, member, parseDeployment, parseJson, readCheckpoint } from './checkpoint.ts';
import type { Engine } from './engine.ts';
import { grantOfStack, PROJECT, stackName } from './stack-name.ts';
import { type Ask, type StateAccess, stateQuestions } from './state-questions.ts';

/** Files are read as they are (a millisecond each); any other store is asked through the CLI (a second each). */
export function stateReader(access: StateAccess): Pick<Engine, 'stacks' | 'permissionSetArn'> {
  const state = fileState(access.stateUrl);
  if (state !== null)
    return {
      stacks: () => listStacks(state),
      permissionSetArn: async (grantId) => (await readCheckpoint(state, grantId))?.permissionSetArn ?? null,
    };
  const ask = stateQuestions(access);
  return {
    // Asked for by each grant that is looked at, a hundred at once when a hundred end.
    stacks: sharedReading(() => stacksByCli(ask)),
    permissionSetArn: (grantId) => arnByCli(ask, grantId),
  };
}

async function stacksByCli(ask: Ask): Promise<readonly string[]> {
  const answer = parseJson((await ask(['stack', 'ls', '--json', '--project', PROJECT])) ?? '[]');
  const names = Array.isArray(answer) ? answer.map((each: unknown) => member(each, 'name')) : [];
  // Pulumi Cloud names stacks with their organisation in front.
  return names.map((name) => grantOfStack(String(name).split('/').at(-1) ?? '')).filter((id) => id !== null);
}

async function arnByCli(ask: Ask, grantId: string): Promise<string | null> {
  const exported = await ask(['stack', 'export', '--stack', stackName(grantId)]);
  return exported === null ? null : parseDeployment(member(parseJson(exported), 'deployment')).permissionSetArn;
}
