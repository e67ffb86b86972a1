// The rules that bind a branch, as GitHub shows them to an App: of every ruleset that is enforced, by whomever it was made.
import type { Connection } from './octokit-connection.ts';
import { everyPage } from './octokit-pages.ts';
import type { BranchRule, GitHub } from './port.ts';

export const rulesetVerbs = (connection: Connection): Pick<GitHub, 'branchRules'> => ({
  branchRules: async (branch) => {
    const { client, at, per_page } = connection;
    const first = client.rest.repos.getBranchRules({ ...at, branch, per_page });
    // GitHub types the list by a union of twenty kinds; only what is read here is named.
    const rules = await everyPage(client, first, (data): readonly ApiRule[] => data);
    return rules.map(toBranchRule);
  },
});

type ApiRule = {
  readonly type: string;
  readonly parameters?:
    | { readonly required_status_checks?: readonly { readonly context: string; readonly integration_id?: number }[] }
    | object;
};

const toBranchRule = ({ type, parameters }: ApiRule): BranchRule => ({
  type,
  checks: checksIn(parameters).map(({ context, integration_id }) => ({ context, appId: integration_id ?? null })),
});

const checksIn = (parameters: ApiRule['parameters']) =>
  parameters !== undefined && 'required_status_checks' in parameters ? (parameters.required_status_checks ?? []) : [];
