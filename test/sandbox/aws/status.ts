// Asking how an asynchronous operation goes: by request id, or all of one kind.
import { type Call, checkInstance, pageSize, seconds } from './call.ts';
import { type Output, optionalText, structure, text } from './input.ts';
import { page } from './paging.ts';
import { refuse } from './refusal.ts';
import type { Operation, OperationKind } from './world.ts';

export function statusOf(call: Call, kind: OperationKind, member: string): Operation {
  checkInstance(call);
  const id = text(call.input, member);
  const operation = call.world.operations.get(id);
  if (operation?.kind === kind) return operation;
  return refuse('ResourceNotFoundException', `Could not find request ${id}`);
}

export function statusList(call: Call, kind: OperationKind, member: string): Output {
  checkInstance(call);
  const filter = structure(call.input, 'Filter');
  const status = filter === undefined ? undefined : optionalText(filter, 'Status');
  const wanted = [...call.world.operations.values()].filter(
    (operation) => operation.kind === kind && (status === undefined || operation.status === status),
  );
  const { items, ...next } = page(wanted, call.input, pageSize(call.world));
  return {
    [member]: items.map((operation) => ({
      Status: operation.status,
      RequestId: operation.id,
      CreatedDate: seconds(operation.createdAt),
    })),
    ...next,
  };
}
