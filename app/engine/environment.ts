// What of the app's environment an operation may see: the engine and its plugins never get the app's own secrets.
import { delimiter, dirname } from 'node:path';

const NAMES = new Set(
  ['PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'LANG', 'TZ', 'SSL_CERT_FILE', 'SSL_CERT_DIR']
    // How the engine, a Go program, may use the machine.
    .concat(['GOGC', 'GOMAXPROCS', 'GOMEMLIMIT'])
    .concat(['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY'])
    .flatMap((name) => [name, name.toLowerCase()]),
);
const PREFIXES = ['AWS_', 'PULUMI_', 'BREAKGLASS_', 'NODE_'];
/** The app's own keys carry our prefix too: the signing key must not lie in a plugin's environment. */
const SECRET = /^BREAKGLASS_.*(KEY|SECRET|TOKEN|PASSWORD)/;

export type EngineEnvironment = {
  readonly env: NodeJS.ProcessEnv;
  readonly stateUrl: string;
  readonly pulumiHome: string;
  /** Whether the engine may fetch plugins by itself. */
  readonly acquirePlugins: boolean;
};

export function operationEnvironment(engine: EngineEnvironment): Record<string, string> {
  const passed = Object.entries(engine.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && allowed(entry[0]),
  );
  const env = Object.fromEntries(passed);
  const node = dirname(process.execPath);
  return {
    // The state holds no secrets (ambient credentials, no secret outputs), but the engine insists on a passphrase.
    PULUMI_CONFIG_PASSPHRASE: '',
    PULUMI_HOME: engine.pulumiHome,
    ...env,
    PATH: [node, env.PATH ?? ''].join(delimiter),
    PULUMI_BACKEND_URL: engine.stateUrl,
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: String(!engine.acquirePlugins),
    // A work folder that was lost with the disk takes the salt with it; the state has it too.
    PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: 'true',
    // Checkpoints are read as plain files here.
    PULUMI_DIY_BACKEND_GZIP: 'false',
    PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: 'true',
  };
}

function allowed(name: string): boolean {
  // NODE_CHANNEL_* belongs to the channel of the process that had it: fork() sets the child's own.
  if (SECRET.test(name) || name.startsWith('NODE_CHANNEL')) return false;
  return NAMES.has(name) || PREFIXES.some((prefix) => name.startsWith(prefix));
}
