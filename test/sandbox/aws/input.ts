// Reading the members of a request: what is missing or malformed is refused as AWS does, in its words.
import { refuse } from './refusal.ts';

export type Input = Readonly<Record<string, unknown>>;
export type Output = Readonly<Record<string, unknown>>;

// Written out from the service models, which the contract test holds against the recorded traffic.
const PATTERNS: Readonly<Record<string, RegExp>> = {
  InstanceArn: /^arn:aws(-[a-z]{1,5}){0,3}:sso:::instance\/(sso)?ins-[a-zA-Z0-9-.]{16}$/,
  PermissionSetArn:
    /^arn:aws(-[a-z]{1,5}){0,3}:sso:::permissionSet\/(sso)?ins-[a-zA-Z0-9-.]{16}\/ps-[a-zA-Z0-9-./]{16}$/,
  ManagedPolicyArn: /^arn:aws(-[a-z]{1,5}){0,3}:iam::aws:policy((\/[A-Za-z0-9.,+@=_-]+)*)\/([A-Za-z0-9.,+=@_-]+)$/,
  Name: /^[\w+=,.@-]{1,32}$/,
  Description: /^[\t\n\r -~\u00A1-\u00FF]{1,700}$/,
  RelayState: /^[a-zA-Z0-9&$@#\\/%?=~\-_'"|!:,.;*+[\] (){}]{1,240}$/,
  PrincipalId: /^([0-9a-f]{10}-|)[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12}$/,
  PrincipalType: /^(USER|GROUP)$/,
  TargetId: /^\d{12}$/,
  AccountId: /^\d{12}$/,
  TargetType: /^(AWS_ACCOUNT|ALL_PROVISIONED_ACCOUNTS)$/,
  InlinePolicy: /^[\t\n\r\u0020-\u00FF]{1,32768}$/,
  ProvisioningStatus: /^LATEST_PERMISSION_SET_(NOT_)?PROVISIONED$/,
};

export function text(input: Input, member: string): string {
  const value = optionalText(input, member);
  if (value !== undefined) return value;
  return invalid(`Value null at '${camel(member)}' failed to satisfy constraint: Member must not be null`);
}

export function optionalText(input: Input, member: string): string | undefined {
  const value = input[member];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') return refuse('ValidationException', `${member} must be a string`);
  const pattern = PATTERNS[member];
  if (pattern === undefined || pattern.test(value)) return value;
  return invalid(
    `Value '${value.slice(0, 200)}' at '${camel(member)}' failed to satisfy constraint: ` +
      `Member must satisfy regular expression pattern: ${pattern.source}`,
  );
}

export function structure(input: Input, member: string): Input | undefined {
  const value = input[member];
  if (value === undefined || value === null) return undefined;
  if (isStructure(value)) return value;
  return refuse('ValidationException', `${member} must be a structure`);
}

export function list(input: Input, member: string): readonly unknown[] {
  const value = input[member];
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : refuse('ValidationException', `${member} must be a list`);
}

export function isStructure(value: unknown): value is Input {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function invalid(detail: string): never {
  return refuse('ValidationException', `1 validation error detected: ${detail}`);
}

function camel(member: string): string {
  return member.charAt(0).toLowerCase() + member.slice(1);
}
