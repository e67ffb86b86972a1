// What reaches the processes of an operation, and what of the app's environment does not.
import { describe, expect, it } from 'vitest';
import { operationEnvironment } from '../../app/engine/environment.ts';

function environment(env: Record<string, string>): Record<string, string> {
  return operationEnvironment({ env, stateUrl: 'file:///data/state', pulumiHome: '/data/home', acquirePlugins: true });
}

describe('operationEnvironment', () => {
  it.each([
    'AWS_PROFILE',
    'AWS_ROLE_ARN',
    'PULUMI_ACCESS_TOKEN',
    'HOME',
    'https_proxy',
    'HTTPS_PROXY',
    'NODE_EXTRA_CA_CERTS',
    'BREAKGLASS_NODE',
  ])('passes %s', (name) => expect(environment({ [name]: 'x' })).toHaveProperty(name, 'x'));

  it.each([
    'PRIVATE_KEY',
    'WEBHOOK_SECRET',
    'GITHUB_TOKEN',
    'REDIS_URL',
    'BREAKGLASS_SIGNING_KEY',
    'BREAKGLASS_WEBHOOK_SECRET',
    'NODE_CHANNEL_FD',
    'LD_PRELOAD',
  ])('keeps %s back', (name) => expect(environment({ [name]: 'x' })).not.toHaveProperty(name));

  it('names the state itself, whatever the operator’s shell names', () => {
    expect(environment({ PULUMI_BACKEND_URL: 'https://elsewhere', PULUMI_DIY_BACKEND_GZIP: 'true' })).toMatchObject({
      PULUMI_BACKEND_URL: 'file:///data/state',
      PULUMI_DIY_BACKEND_GZIP: 'false',
      PULUMI_SKIP_UPDATE_CHECK: 'true',
    });
  });

  it('lets the operator choose the passphrase and the place of the plugins', () => {
    expect(environment({})).toMatchObject({ PULUMI_CONFIG_PASSPHRASE: '', PULUMI_HOME: '/data/home' });
    expect(environment({ PULUMI_CONFIG_PASSPHRASE: 'p', PULUMI_HOME: '/opt/pulumi' })).toMatchObject({
      PULUMI_CONFIG_PASSPHRASE: 'p',
      PULUMI_HOME: '/opt/pulumi',
    });
  });
});
