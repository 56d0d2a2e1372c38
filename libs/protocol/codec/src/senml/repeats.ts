import { formatPath } from '@fieldline/object-model'
import type { Path } from '@fieldline/object-model'
import { badPayload } from '../errors.js'

/** Ids as one number; with 0 for a missing level and the id + 1 otherwise, ancestors sort before what lies below them. */
const upper = (path: Path): number => ((path.objectId ?? -1) + 1) * 0x2_0000 + (path.instanceId ?? -1) + 1
const lower = (path: Path): number =>
  ((path.resourceId ?? -1) + 1) * 0x2_0000 + (path.resourceInstanceId ?? -1) + 1

/**
 * Refuses a path that comes twice at one time. As long as paths ascend, and times of one path run in one direction, nothing can repeat and nothing
 * is remembered; most devices send like that.
 */
export class Repeats {
  readonly #paths: Path[] = []
  readonly #times: (number | undefined)[] = []
  #seen: Map<number, Set<string>> | undefined
  #upper = -1
  #lower = -1
  #time: number | undefined
  #direction = 0

  /** Takes the next record; 4.00 when it repeats an earlier one. */
  check(path: Path, time?: number): void {
    const high = upper(path)
    const low = lower(path)
    if (!this.#seen) {
      const step = high - this.#upper || low - this.#lower
      const turn =
        step === 0 && time !== undefined && this.#time !== undefined ? Math.sign(time - this.#time) : 0
      if (step > 0 || (turn !== 0 && turn === (this.#direction || turn))) {
        this.#direction = step > 0 ? 0 : turn
        this.#upper = high
        this.#lower = low
        this.#time = time
        this.#paths.push(path)
        this.#times.push(time)
        return
      }
      this.#seen = new Map()
      this.#paths.forEach((earlier, index) =>
        this.#remember(upper(earlier), lower(earlier), earlier, this.#times[index]),
      )
    }
    this.#remember(high, low, path, time)
  }

  #remember(high: number, low: number, path: Path, time: number | undefined): void {
    let members = this.#seen!.get(high)
    if (!members) this.#seen!.set(high, (members = new Set()))
    const key = `${low} ${time ?? ''}`
    if (members.has(key)) throw badPayload(`${formatPath(path)}: twice in the payload`)
    members.add(key)
  }
}
