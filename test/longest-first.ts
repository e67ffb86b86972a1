// The order of the test files: those that take minutes begin first, so that none of them is left alone at the end, and
// those that need no app fill what is left. Vitest itself begins with the largest file where it knows no times, as on a fresh clone.
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** By what they took on two cores, beside three others: six minutes to forty seconds. */
const LONGEST = [
  'chaos/real-app',
  'simulation/single-faults',
  'attacks/attacks',
  'simulation/real-engine',
  'simulation/schedules',
  'scenarios/early-end',
  'scenarios/end-faults',
  'scenarios/drift',
  'sandbox/provider/engine',
  'engine/faults',
  'engine/interruption',
  'scenarios/removal',
  'scenarios/crash',
  'package',
  'scenarios/sweep',
  'scenarios/talk',
  'operator/compromise',
  'operator/operator',
  'sandbox/demo',
  'scenarios/budget',
  'scenarios/life',
  'engine/inline',
  'scenarios/bad-input',
  'scenarios/tampering',
  'scenarios/full-disk',
  'scenarios/many-ends',
].map((name) => `/test/${name}.test.ts`);

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId, project }: TestSpecification): number => {
      if (project.name === 'pure' || project.name === 'unit') return LONGEST.length + 1;
      const at = LONGEST.findIndex((name) => moduleId.endsWith(name));
      return at === -1 ? LONGEST.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}
