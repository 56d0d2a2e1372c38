import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { ClientState } from '@fieldline/lwm2m-client'
import type { ResourceValue } from '@fieldline/object-model'

/** What a meter keeps between two starts. */
export interface MeterState {
  readonly client?: ClientState
  /** Written settings by path. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>
  /** Contacts so far. */
  readonly contacts?: number
  /** It stopped for good. */
  readonly dead?: boolean
}

/** The states of a fleet by meter. */
export type FleetState = ReadonlyMap<string, MeterState>

const format = 1

/** The states of an earlier start of the same fleet; empty without a file, or when it holds another fleet. */
export function readIdentities(file: string, seed: number): FleetState {
  let text
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map()
    throw error
  }
  try {
    const kept = JSON.parse(text) as { format?: number; seed?: number; meters?: Record<string, MeterState> }
    if (kept.format !== format || kept.seed !== seed || !kept.meters) return new Map()
    return new Map(Object.entries(kept.meters))
  } catch (error) {
    // A file that is none of ours or was cut: the meters register anew.
    if (error instanceof SyntaxError) return new Map()
    throw error
  }
}

/** Writes the states so that a kill leaves either the old file or the new one. */
export function writeIdentities(file: string, seed: number, states: FleetState): void {
  const draft = `${file}.new`
  writeFileSync(draft, JSON.stringify({ format, seed, meters: Object.fromEntries(states) }), { mode: 0o600 })
  renameSync(draft, file)
}

/** Settings as they are kept; values of other types are never written to these meters. */
export function keepable(
  settings: ReadonlyMap<string, ResourceValue>,
): Record<string, string | number | boolean> {
  const kept: Record<string, string | number | boolean> = {}
  for (const [path, value] of settings) {
    if (typeof value === 'bigint') kept[path] = Number(value)
    else if (typeof value !== 'object') kept[path] = value
  }
  return kept
}
