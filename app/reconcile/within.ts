// An answer that is waited for only so long: what asked goes on without it.

/** `otherwise` when the answer is late; a failure of the answer is the caller's, as ever. */
export async function withinMs<T, U>(ms: number, answer: Promise<T>, otherwise: U): Promise<T | U> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<U>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** `otherwise` once it is aborted; what comes of the answer then is nobody's. */
export async function unlessAborted<T, U>(signal: AbortSignal, answer: Promise<T>, otherwise: U): Promise<T | U> {
  answer.catch(() => {});
  if (signal.aborted) return otherwise;
  let stop = () => {};
  const aborted = new Promise<U>((resolve) => {
    stop = () => resolve(otherwise);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
