// The rules that the attacks play under: the sandbox's, with a floor and budgets that no honest case runs into.
export const ATTACK_RULES = `defaults: { min_duration: 5m, max_duration: 4h, request_ttl: 3h, approval_ttl: 15m }
rules:
  - name: production-admin
    roles: [admin]
    accounts: ["label:prod"]
    requesters: [team:sre]
    approvals: [{ count: 1, from: [team:incident-commanders] }]
    max_duration: 2h
    incident: required
  - name: production-failover
    roles: [database-failover]
    accounts: ["label:prod"]
    requesters: [team:sre]
    approvals: [{ count: 2, from: [team:incident-commanders] }]
    max_duration: 2h
  - name: production-read
    roles: [read-only]
    accounts: ["*"]
    requesters: [team:engineering, team:sre]
    approvals: []
    max_duration: 8h
`;
