// The order of the test files: those that take minutes begin first, so that none of them is left alone at the end. Vitest
// itself begins with the largest file where it knows no times, as on a fresh clone.
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** By what they took on two cores, one to four minutes. */
const LONGEST = [
  'chaos/real-app',
  'attacks/attacks',
  'simulation/real-engine',
  'simulation/single-faults',
  'sandbox/provider/engine',
  'scenarios/end-faults',
  'scenarios/early-end',
  'scenarios/crash',
  'scenarios/drift',
  'scenarios/talk',
  'engine/interruption',
  'scenarios/removal',
  'scenarios/sweep',
  'engine/faults',
  'operator/operator',
  'operator/compromise',
  'simulation/schedules',
].map((name) => `/test/${name}.test.ts`);

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const at = LONGEST.findIndex((name) => moduleId.endsWith(name));
      return at === -1 ? LONGEST.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}
