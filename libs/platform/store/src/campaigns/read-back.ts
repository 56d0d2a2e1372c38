import type { OperationResult, Scalar, WriteValue } from '@fieldline/contracts'

/** What a read found at `path`: one value, or the instances of a multiple-instance resource; undefined when the answer held nothing of it. */
export function foundAt(path: string, result: OperationResult | undefined): WriteValue | undefined {
  const instances: Record<string, Scalar> = {}
  for (const { path: at, value } of result?.values ?? []) {
    if (at === path) return value
    const instance = at.startsWith(`${path}/`) ? at.slice(path.length + 1) : ''
    if (/^\d+$/.test(instance)) instances[instance] = value
  }
  return Object.keys(instances).length > 0 ? instances : undefined
}
