// SPDX-License-Identifier: MIT

/** Which events are meant; what is absent means all. */
export interface EventFilter {
  readonly type?: readonly string[];
  readonly service?: string;
}

export function filterQuery({ type = [], service }: EventFilter): URLSearchParams {
  const query = new URLSearchParams();
  for (const one of type) query.append('type', one);
  if (service !== undefined) query.set('service', service);
  return query;
}
