import type { Database } from '@fieldline/store'

/** How a device answered when a path was last read or observed: the last answer with values, or the last refusal. */
export interface LastRead {
  readonly path: string
  readonly kind: 'read' | 'observe'
  readonly succeeded: boolean
  /** CoAP response code, such as `4.05`. */
  readonly code: string
  /** Epoch milliseconds. */
  readonly at: number
}

/** The last answer and the last refusal for each path of a device. What no device has answered, or what was never sent, tells nothing. */
export async function lastReads({ pool }: Database, deviceId: string): Promise<LastRead[]> {
  const { rows } = await pool.query<{
    path: string
    kind: LastRead['kind']
    state: string
    code: string
    finished_at: Date
  }>(
    `SELECT DISTINCT ON (path, state) path, kind, state, code, finished_at FROM operation
     WHERE device_id = $1 AND kind IN ('read', 'observe') AND code IS NOT NULL AND finished_at IS NOT NULL
       AND (state = 'succeeded' OR (state = 'failed' AND coalesce(result->>'text', '') NOT LIKE 'Not sent:%'))
     ORDER BY path, state, finished_at DESC`,
    [deviceId],
  )
  return rows.map(({ path, kind, state, code, finished_at }) => ({
    path,
    kind,
    succeeded: state === 'succeeded',
    code,
    at: finished_at.getTime(),
  }))
}
