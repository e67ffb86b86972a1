// The AWS-managed policies that the evaluator knows, each as far as the tests need it.
import type { Statement } from './policy-document.ts';

const READ = ['*:Get*', '*:List*', '*:Describe*'];

const KNOWN: ReadonlyMap<string, readonly Statement[]> = new Map([
  ['AdministratorAccess', [allow(['*'])]],
  ['ReadOnlyAccess', [allow(READ)]],
  ['job-function/ViewOnlyAccess', [allow(['*:List*', '*:Describe*'])]],
  ['SecurityAudit', [allow(['*:List*', '*:Describe*', 'iam:Get*', 'cloudtrail:Get*', 'config:Get*'])]],
  [
    'PowerUserAccess',
    [allowAllBut(['iam:*', 'organizations:*', 'account:*']), allow(['iam:ListRoles', 'account:Get*'])],
  ],
  ['job-function/Billing', [allow(['aws-portal:*', 'billing:*', 'ce:*', 'budgets:*', 'cur:*'])]],
  ['job-function/SupportUser', [allow(['support:*', ...READ])]],
  ['AmazonRDSFullAccess', [allow(['rds:*', 'cloudwatch:Get*', 'cloudwatch:List*', 'logs:Get*', 'logs:Describe*'])]],
  ['AmazonEC2FullAccess', [allow(['ec2:*', 'elasticloadbalancing:*', 'cloudwatch:*', 'autoscaling:*'])]],
  ['AmazonEC2ReadOnlyAccess', [allow(['ec2:Describe*', 'ec2:Get*', 'elasticloadbalancing:Describe*'])]],
  ['AmazonS3FullAccess', [allow(['s3:*', 's3-object-lambda:*'])]],
  ['AmazonS3ReadOnlyAccess', [allow(['s3:Get*', 's3:List*', 's3:Describe*'])]],
  ['AmazonDynamoDBFullAccess', [allow(['dynamodb:*', 'dax:*'])]],
  ['CloudWatchReadOnlyAccess', [allow(['cloudwatch:Describe*', 'cloudwatch:Get*', 'cloudwatch:List*', 'logs:*Get*'])]],
  [
    'CloudWatchLogsReadOnlyAccess',
    [allow(['logs:Describe*', 'logs:Get*', 'logs:List*', 'logs:StartQuery', 'logs:FilterLogEvents'])],
  ],
]);

export function managedStatements(arn: string): readonly Statement[] {
  const name = arn.replace(/^arn:aws[^:]*:iam::aws:policy\//, '');
  const statements = KNOWN.get(name);
  if (statements === undefined) throw new Error(`The evaluator does not know the managed policy ${arn}.`);
  return statements;
}

function allow(actions: readonly string[]): Statement {
  return statement({ kind: 'these', patterns: actions });
}

function allowAllBut(actions: readonly string[]): Statement {
  return statement({ kind: 'except', patterns: actions });
}

function statement(actions: Statement['actions']): Statement {
  return { effect: 'Allow', actions, resources: { kind: 'these', patterns: ['*'] }, conditions: [] };
}
