// Each request of the real engine to AWS as a call of the simulation's `provider` port: it takes virtual time, and can fail.
import type { Faults, Mishap } from '../../sandbox/aws/faults.ts';
import type { Hook } from '../../sandbox/aws/server.ts';
import type { AwsCalls } from '../aws.ts';
import type { Chance } from '../chance.ts';
import { type Life, withFaults } from '../faults.ts';

/** What else the engine asks are looks at what it has begun. */
const VERBS: Readonly<Record<string, keyof AwsCalls>> = {
  CreatePermissionSet: 'createSet',
  TagResource: 'tag',
  UntagResource: 'tag',
  PutInlinePolicyToPermissionSet: 'putInline',
  AttachManagedPolicyToPermissionSet: 'attach',
  DetachManagedPolicyFromPermissionSet: 'detach',
  ProvisionPermissionSet: 'provision',
  CreateAccountAssignment: 'assign',
  DeleteAccountAssignment: 'unassign',
  DeletePermissionSet: 'deleteSet',
  DescribePermissionSet: 'describe',
  ListPermissionSets: 'listSets',
};
const LOOK_MS = 1_500;

type Input = Readonly<Record<string, unknown>>;
type Request = {
  /** Whether it reaches AWS. */
  readonly sent: PromiseWithResolvers<'sent' | 'refused' | 'never answered'>;
  readonly done: PromiseWithResolvers<void>;
  /** Whether the answer reaches the engine. */
  readonly answer: PromiseWithResolvers<'comes' | 'is lost'>;
  readonly fate: Mishap;
};

/** One process of the app, and what is done where its engine waits for an answer beyond its limit. */
export type Caller = { readonly life: Life; readonly chance: Chance; readonly onLimit: (input: Input) => void };

export type ProviderCalls = {
  readonly faults: Faults;
  readonly hook: Hook;
  /** Requests that wait for virtual time. */
  readonly waiting: () => number;
  /** Whose engine it is from now on. */
  readonly serve: (caller: Caller) => void;
  /** The caller died. Of its engine's requests some reach AWS all the same, and whoever asked goes on; others are lost. */
  readonly orphan: () => void;
};

export function createProviderCalls(changed: () => void): ProviderCalls {
  const requests = new Map<Input, Request>();
  const waiting = new Set<Request>();
  let caller: Caller | null = null;
  return {
    waiting: () => waiting.size,
    serve: (next) => {
      caller = next;
    },
    orphan: () => {
      for (const { sent, answer } of requests.values())
        if (caller?.chance.below(2) === 0) {
          sent.resolve('sent');
          answer.resolve('comes');
        }
      requests.clear();
      waiting.clear();
      caller = null;
    },
    faults: {
      plant: () => ({ hits: () => 0, remove: () => {} }),
      clear: () => {},
      strike: ({ input }) => {
        if (caller === null) return undefined;
        const request: Request = {
          sent: Promise.withResolvers(),
          done: Promise.withResolvers(),
          answer: Promise.withResolvers(),
          fate: { kind: 'operation-slow', ms: 200 + caller.chance.below(3000) },
        };
        requests.set(input, request);
        return request.fate;
      },
    },
    hook: async ({ phase, operation, input }) => {
      const request = requests.get(input);
      // Of an engine that nobody supervises any more.
      if (request === undefined || (caller === null && phase === 'before')) return;
      if (phase === 'after') return await answered(request, () => requests.delete(input));
      if (caller === null) return;
      const { life, onLimit } = caller;
      waiting.add(request);
      changed();
      const sent = await through(life, request, { operation, input });
      waiting.delete(request);
      changed();
      if (sent === 'sent') return;
      requests.delete(input);
      Object.assign(request.fate, sent === 'refused' ? { kind: 'error', code: refusalOf(caller) } : { kind: 'hang' });
      if (sent === 'never answered') onLimit(input);
    },
  };
}

/** The call at its fault point: it waits there, fails there, and the process may die there. */
async function through(life: Life, request: Request, asked: { readonly operation: string; readonly input: Input }) {
  const verb = VERBS[asked.operation];
  const { sent, done, answer } = request;
  if (verb === undefined) {
    life.clock.after(LOOK_MS, () => sent.resolve('sent'));
    answer.resolve('comes');
    return await sent.promise;
  }
  const send = async () => {
    sent.resolve('sent');
    await done.promise;
  };
  const port = withFaults(life, 'provider', { [verb]: send });
  Reflect.apply(port[verb] ?? send, port, [JSON.stringify(asked.input)]).then(
    () => {
      // What a copy of the data that lags behind would have answered is asked here after all.
      sent.resolve('sent');
      answer.resolve('comes');
    },
    (error: unknown) => {
      sent.resolve(/no answer in time/.test(String(error)) ? 'never answered' : 'refused');
      answer.resolve('is lost');
    },
  );
  return await sent.promise;
}

async function answered({ done, answer, fate }: Request, forget: () => void): Promise<void> {
  done.resolve();
  const how = await answer.promise;
  forget();
  if (how === 'is lost') Object.assign(fate, { kind: 'reset', after: true });
}

/** The engine's plugin tries again on two of these. */
function refusalOf({ chance }: Caller): string {
  const codes = ['AccessDeniedException', 'InternalServerException', 'ThrottlingException'];
  return codes[chance.below(codes.length)] ?? 'AccessDeniedException';
}
