// Holds recorded requests and answers against AWS's service models: what the models do not know is a deviation.
import type { LogEntry } from './server.ts';
import { loadModels, type Models, type ServiceModel, type Shape } from './service-model.ts';

export type Deviation = { readonly operation: string; readonly where: string; readonly what: string };

/** Errors that any operation may answer with and no model lists. */
const COMMON_ERRORS = new Set(['ExpiredTokenException', 'UnknownOperationException']);

export async function checkTraffic(log: readonly LogEntry[]): Promise<readonly Deviation[]> {
  const models = await loadModels();
  return log.flatMap((entry) => checkEntry(models, entry));
}

function checkEntry(models: Models, entry: LogEntry): readonly Deviation[] {
  const { service, operation } = entry;
  // STS has one operation here and another protocol.
  if (service === 'sts') return [];
  const model = models[service];
  const described = model.operations[operation];
  if (described === undefined) return [{ operation, where: '', what: 'is no operation of this service' }];
  const checker: Checker = { model, operation, direction: 'request' };
  const request = described.input === undefined ? [] : check(checker, described.input.shape, entry.request, 'request');
  if (entry.status !== 200) {
    // A request that was refused as invalid is allowed to be invalid.
    const refused = entry.response.__type === 'ValidationException';
    return [...(refused ? [] : request), ...checkError(operation, described.errors ?? [], entry)];
  }
  const answering: Checker = { model, operation, direction: 'response' };
  const output =
    described.output === undefined ? [] : check(answering, described.output.shape, entry.response, 'response');
  return [...request, ...output];
}

function checkError(
  operation: string,
  errors: readonly { readonly shape: string }[],
  entry: LogEntry,
): readonly Deviation[] {
  const code = String(entry.response.__type);
  if (entry.faulty || COMMON_ERRORS.has(code) || errors.some(({ shape }) => shape === code)) return [];
  return [{ operation, where: 'error', what: `${code} is not among its errors` }];
}

type Checker = {
  readonly model: ServiceModel;
  readonly operation: string;
  readonly direction: 'request' | 'response';
};

function check(checker: Checker, name: string, value: unknown, where: string): readonly Deviation[] {
  const shape = checker.model.shapes[name];
  const deviation = (what: string): Deviation => ({ operation: checker.operation, where, what });
  if (shape === undefined) return [deviation(`the model has no shape ${name}`)];
  if (shape.document === true) return [];
  switch (shape.type) {
    case 'structure':
      return isRecord(value) ? checkStructure(checker, shape, value, where) : [deviation('is no structure')];
    case 'list':
      return Array.isArray(value) ? checkList(checker, shape, value, where) : [deviation('is no list')];
    case 'map':
      return isRecord(value) ? checkMap(checker, shape, value, where) : [deviation('is no map')];
    case 'string':
      return typeof value === 'string'
        ? checkString(checker, shape, value).map(deviation)
        : [deviation('is no string')];
    case 'boolean':
      return typeof value === 'boolean' ? [] : [deviation('is no boolean')];
    case 'integer':
    case 'long':
      return Number.isInteger(value)
        ? checkRange(shape, Number(value), '').map(deviation)
        : [deviation('is no integer')];
    // JSON 1.1 has times as seconds since 1970.
    case 'timestamp':
    case 'double':
    case 'float':
      return typeof value === 'number' ? [] : [deviation('is no number')];
    default:
      return [deviation(`has the type ${shape.type}, which this check does not know`)];
  }
}

function checkStructure(
  checker: Checker,
  shape: Shape,
  value: Record<string, unknown>,
  where: string,
): readonly Deviation[] {
  const { operation } = checker;
  const missing = (shape.required ?? [])
    .filter((member) => value[member] === undefined)
    .map((member) => ({ operation, where: `${where}.${member}`, what: 'is required and missing' }));
  const members = Object.entries(value).flatMap(([member, item]) => {
    const known = shape.members?.[member];
    if (known === undefined) return [{ operation, where: `${where}.${member}`, what: 'is unknown to the model' }];
    return item === undefined ? [] : check(checker, known.shape, item, `${where}.${member}`);
  });
  return [...missing, ...members];
}

function checkList(checker: Checker, shape: Shape, value: readonly unknown[], where: string): readonly Deviation[] {
  const length = checkRange(shape, value.length, 'length ').map((what) => ({
    operation: checker.operation,
    where,
    what,
  }));
  const item = shape.member?.shape ?? '';
  return [...length, ...value.flatMap((one, index) => check(checker, item, one, `${where}[${index}]`))];
}

function checkMap(checker: Checker, shape: Shape, value: Record<string, unknown>, where: string): readonly Deviation[] {
  return Object.entries(value).flatMap(([key, item]) =>
    check(checker, shape.value?.shape ?? '', item, `${where}.${key}`),
  );
}

function checkString({ direction }: Checker, shape: Shape, value: string): readonly string[] {
  // AWS itself answers "" for an inline policy that there is none of: its lower bounds bind what is sent.
  if (direction === 'response' && value === '') return [];
  const choice = shape.enum === undefined || shape.enum.includes(value) ? [] : [`${value} is not in its enumeration`];
  const pattern =
    shape.pattern === undefined || anchored(shape.pattern).test(value) ? [] : [`does not match ${shape.pattern}`];
  return [...choice, ...pattern, ...checkRange(shape, value.length, 'length ')];
}

function checkRange({ min, max }: Shape, size: number, of: string): readonly string[] {
  if (min !== undefined && size < min) return [`${of}${size} is less than ${min}`];
  return max !== undefined && size > max ? [`${of}${size} is more than ${max}`] : [];
}

function anchored(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, pattern.includes('\\p{') ? 'u' : '');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
