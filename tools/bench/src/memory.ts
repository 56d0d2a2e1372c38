import type { Side } from './processes.js'
import type { Work } from './side.js'

/** Bytes a side holds more of after some work, for each of `count`. Throws where some of it went wrong. */
export async function kept(side: Side, count: number, work: Work): Promise<number> {
  const before = await side.memory()
  const { right, wrong } = await side.work(work)
  if (wrong > 0 || right !== count) throw new Error(`${right} of ${count} right, ${wrong} wrong`)
  const after = await side.memory()
  return (after.bytes - before.bytes) / count
}
