// What the engine's events mean for a grant: steps, the permission set's ARN, and the moment of the assignment.
import type { EngineEvent, StepEventMetadata } from '@pulumi/pulumi/automation/events.js';
import type { EngineProgress } from './engine.ts';

const NAMES: Readonly<Record<string, string>> = {
  'aws:ssoadmin/permissionSet:PermissionSet': 'permission set',
  'aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment': 'managed policy',
  'aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy': 'deadline and guards',
  'aws:ssoadmin/accountAssignment:AccountAssignment': 'account assignment',
};
const VERBS: Readonly<Record<string, string>> = { create: 'creating', update: 'updating', delete: 'deleting' };
/** A refresh or a deletion also reports outputs: neither means that the access is there. */
const MADE = new Set(['create', 'update', 'same', 'create-replacement', 'replace', 'import']);
const MAX_DIAGNOSTICS = 20;

export type ProgressReader = {
  readonly read: (event: EngineEvent) => void;
  readonly permissionSetArn: () => string | null;
  /** What the engine called errors, in its order: the reason of a failure. */
  readonly diagnostics: () => readonly string[];
};

export function progressReader(report: (progress: EngineProgress) => void): ProgressReader {
  let arn: string | null = null;
  const diagnostics: string[] = [];
  const made = (metadata: StepEventMetadata) => {
    const name = NAMES[metadata.type];
    if (!MADE.has(metadata.op) || name === undefined) return;
    const found: unknown = metadata.new?.outputs.arn;
    if (name === 'permission set' && typeof found === 'string') {
      arn = found;
      report({ kind: 'permission-set', arn });
    }
    if (name === 'account assignment' && arn !== null) report({ kind: 'assigned', arn });
  };
  const read = (event: EngineEvent) => {
    if (event.resourcePreEvent) step(event.resourcePreEvent.metadata, report);
    if (event.resOutputsEvent && event.resOutputsEvent.planning !== true) made(event.resOutputsEvent.metadata);
    const diagnostic = event.diagnosticEvent;
    if (diagnostic?.severity === 'error' && diagnostics.length < MAX_DIAGNOSTICS) diagnostics.push(diagnostic.message);
  };
  return { read, permissionSetArn: () => arn, diagnostics: () => diagnostics };
}

function step(metadata: StepEventMetadata, report: (progress: EngineProgress) => void): void {
  const name = NAMES[metadata.type];
  const verb = VERBS[metadata.op];
  if (name !== undefined && verb !== undefined) report({ kind: 'step', text: `${verb} ${name}` });
}
