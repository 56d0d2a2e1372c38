import { cpus, loadavg } from 'node:os'
import process from 'node:process'

/** Where a figure was taken: figures of two machines, or of two hours, are compared by their ratios only. */
export interface Conditions {
  readonly node: string
  readonly cpu: string
  readonly cores: number
  /** The mean number of processes that wanted a core in the last minute. */
  readonly load: number
}

export function conditions(): Conditions {
  const cores = cpus()
  return {
    node: process.version,
    cpu: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    load: Number(loadavg()[0].toFixed(2)),
  }
}
