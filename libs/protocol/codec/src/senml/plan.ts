import { formatPath, pathLevel, samePath } from '@fieldline/object-model'
import type { Path } from '@fieldline/object-model'
import { nameRoot } from '../context.js'
import type { EncodeContext } from '../context.js'

/** A record to write: the labels before its value. Times are in seconds. */
export interface PlannedRecord<T> {
  readonly bn?: string
  readonly bt?: number
  readonly n?: string
  readonly t?: number
  readonly item: T
}

/** The first instant that SenML can say absolutely, in milliseconds: 2^28 s, in July 1978. */
const FIRST_ABSOLUTE_TIME = 2 ** 28 * 1000

/**
 * Lays out base names and times: one base name for a base below the root, full names otherwise; one base time when every item has a time.
 * Throws `RangeError` on a time before 1978, which would be read as relative to now.
 */
export function planRecords<T extends { readonly path: Path; readonly time?: number }>(
  nodes: readonly T[],
  context: EncodeContext,
): PlannedRecord<T>[] {
  const prefix = nameRoot(context)
  const baseName = pathLevel(context.base) === 0 ? undefined : prefix + formatPath(context.base)
  // All values at the base itself: the base name is the whole name. Otherwise names continue it after a slash.
  const whole = nodes.every((node) => samePath(node.path, context.base))
  const bn = baseName === undefined || whole ? baseName : `${baseName}/`
  const baseTime = nodes.every((node) => node.time !== undefined) ? nodes[0]?.time : undefined
  return nodes.map((node, index) => {
    if (node.time !== undefined && node.time < FIRST_ABSOLUTE_TIME) {
      throw new RangeError(`${formatPath(node.path)}: SenML cannot say a time before July 1978`)
    }
    const name = prefix + formatPath(node.path)
    const n = bn === undefined ? name : name.slice(bn.length)
    const t = node.time === undefined ? undefined : (node.time - (baseTime ?? 0)) / 1000
    return {
      ...(index === 0 && bn !== undefined && { bn }),
      ...(index === 0 && baseTime !== undefined && { bt: baseTime / 1000 }),
      ...(n !== '' && { n }),
      ...(t !== undefined && t !== 0 && { t }),
      item: node,
    }
  })
}
