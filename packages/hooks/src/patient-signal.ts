// SPDX-License-Identifier: MIT

export interface PatientSignal {
  readonly signal: AbortSignal;
  /** To be called when it is needed no more. */
  release(): void;
}

/** Is aborted so many milliseconds after another one. */
export function patientSignal(first: AbortSignal, milliseconds: number): PatientSignal {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const start = (): void => {
    timer = setTimeout(() => controller.abort(first.reason), milliseconds);
  };
  first.addEventListener('abort', start, { once: true });
  if (first.aborted) start();
  return {
    signal: controller.signal,
    release: () => {
      clearTimeout(timer);
      first.removeEventListener('abort', start);
    },
  };
}
