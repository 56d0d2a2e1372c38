import type { Database } from '@fieldline/store'

/** How a device answered when a path was last read or observed: the last answer with values, or the last refusal. */
export interface LastRead {
  readonly path: string
  readonly kind: 'read' | 'observe'
  readonly succeeded: boolean
  /** CoAP response code, such as `4.05`. */
  readonly code: string
  /** What was said beside the code, by the device or by the server that could not read its answer. */
  readonly text?: string | undefined
  /** Epoch milliseconds. */
  readonly at: number
}

/**
 * The last answer and the last refusal for each path of a device. What no device has answered, or what was never sent, tells nothing.
 * Goes from path to path along the index `operation_last_read`: the cost is in the paths, not in how often they were read.
 */
export async function lastReads({ pool }: Database, deviceId: string): Promise<LastRead[]> {
  const { rows } = await pool.query<{
    path: string
    kind: LastRead['kind']
    state: string
    code: string
    text: string | null
    finished_at: Date
  }>(
    `WITH RECURSIVE answered AS NOT MATERIALIZED (
       SELECT * FROM operation
       WHERE device_id = $1 AND kind IN ('read', 'observe') AND code IS NOT NULL AND finished_at IS NOT NULL
     ), asked AS (
       (SELECT path, state FROM answered ORDER BY path, state LIMIT 1)
       UNION ALL
       SELECT next.path, next.state FROM asked, LATERAL (
         SELECT path, state FROM answered WHERE (answered.path, answered.state) > (asked.path, asked.state)
         ORDER BY path, state LIMIT 1
       ) next
     )
     SELECT last.* FROM asked, LATERAL (
       SELECT path, kind, state, code, result->>'text' AS text, finished_at FROM answered
       WHERE answered.path = asked.path AND answered.state = asked.state
         AND (state = 'succeeded' OR (state = 'failed' AND coalesce(result->>'text', '') NOT LIKE 'Not sent:%'))
       ORDER BY finished_at DESC LIMIT 1
     ) last`,
    [deviceId],
  )
  return rows.map(({ path, kind, state, code, text, finished_at }) => ({
    path,
    kind,
    succeeded: state === 'succeeded',
    code,
    text: text ?? undefined,
    at: finished_at.getTime(),
  }))
}
