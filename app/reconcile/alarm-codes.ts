// The closed list of alarms: what each says to the person whom it wakes. README has the same list, held by a test.

export const ALARMS = {
  'grant-unauthorized':
    'Find out who pushed or merged it. The app takes the file out again by a pull request; nothing was granted.',
  'grant-edited': 'Find out who changed the file. What was signed still counts; put the file back or let it end.',
  'policy-unauthorized':
    'Find out who changed `policies/`, and put back what the owners approved last, or have the owners approve a change.',
  'policy-unreadable': 'Have the owners approve a correction; until then the policy before it is in force.',
  'authorization-invalid': 'Find out who made the commit: only the app writes authorizations.',
  'authorization-replayed': 'Find out who made the commit: only the app writes authorizations.',
  'foreign-permission-set':
    'Find out who made the permission set, and delete or rename it in IAM Identity Center: the grant waits for it.',
  'access-unexplained':
    'Find out who made it: it carries our tag and no authorization explains it. The sweep takes it away.',
  'history-rewritten': 'Put the named commit back (`git push --force`). Until then nothing new counts; ends go on.',
  'early-deny-failed':
    'Nothing, if it closes soon: the access is deleted all the same. Live sessions may last until then.',
  'end-not-on-disk':
    "Make room in the data folder, or make it writable: an early end would be forgotten with this process where AWS's tag is not there either.",
  'ledger-unreadable':
    "Look at the app's disk, and whether `git` runs there. A mirror that is gone or damaged is fetched anew by itself. Until then nothing new is granted; ends go on.",
  'data-unreadable':
    "Look at the file that it names, in the app's data folder. A hold that cannot be read keeps requests from being merged until the file is put right or `breakglass revoke --release` takes it away.",
  'engine-unavailable':
    'Give the machine a Pulumi engine, or the way to download or build one; the error says what lacks.',
  'grant-stuck': "Read the error in the app's log under this grant's id: somebody waits for access that was approved.",
  'removal-unproven':
    "Read the error in the app's log under this grant's id. AWS denies the role since the deadline; look in IAM Identity Center whether anything is left.",
  'clock-differs': "Set this machine's clock (NTP). Ends go on; removals without an end are frozen.",
  'orphan-removed': 'Find out what made it: no authorization explained it, so it was taken away.',
  'removals-frozen':
    'Look at each that is named. To let them go, the owners release them in `policies/settings.yaml`; README says how.',
  'drift-repaired': 'Find out in CloudTrail who changed it in AWS; it is as signed again.',
  'branch-unprotected': "Set up the rulesets of README's install chapter again, and find out who changed them.",
  'branch-protection-unknown': "Look at the repository's rulesets, and whether its plan on GitHub has them.",
  'foreign-check':
    "Find out what runs under that app, often a workflow with a job of this name. It does not count as the app's check.",
} as const satisfies Readonly<Record<string, string>>;

export type AlarmCode = keyof typeof ALARMS;

const GRAVE: readonly AlarmCode[] = [
  'access-unexplained',
  'history-rewritten',
  'grant-unauthorized',
  'policy-unauthorized',
  'authorization-invalid',
  'authorization-replayed',
  'end-not-on-disk',
  'ledger-unreadable',
  'data-unreadable',
  'removals-frozen',
  'removal-unproven',
];
/** Whoever may push can raise these. */
const SLIGHT: readonly AlarmCode[] = ['foreign-check', 'branch-protection-unknown'];

/** What is shown first: what concerns access and history is 0. */
export function rankOf(code: AlarmCode): number {
  if (GRAVE.includes(code)) return 0;
  return SLIGHT.includes(code) ? 2 : 1;
}

export const ALARM_CODES = Object.keys(ALARMS) as readonly AlarmCode[];

export function isAlarmCode(text: unknown): text is AlarmCode {
  return typeof text === 'string' && Object.hasOwn(ALARMS, text);
}
