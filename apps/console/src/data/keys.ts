/** Keys of the query cache, in one place so that live events find what they patch. */
export const keys = {
  health: ['health'] as const,
  devices: (q: string) => ['devices', q] as const,
  allDevices: ['devices'] as const,
  device: (endpoint: string) => ['device', endpoint] as const,
  objects: (endpoint: string) => ['objects', endpoint] as const,
  values: (endpoint: string, path: string, days: number) => ['values', endpoint, path, days] as const,
  timeline: (endpoint: string, kind: string) => ['timeline', endpoint, kind] as const,
  operations: (endpoint: string) => ['operations', endpoint] as const,
  candidates: ['candidates'] as const,
  preview: (audience: string, paths: readonly string[] = []) => ['preview', audience, ...paths] as const,
  campaigns: ['campaigns'] as const,
  campaign: (id: string) => ['campaign', id] as const,
  tasks: (id: string, filter: string) => ['tasks', id, filter] as const,
  allTasks: (id: string) => ['tasks', id] as const,
}
