import { seededRandom } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { Deadlines } from './deadlines.js'
import type { Expiring } from './deadlines.js'

interface Owner extends Expiring {
  deadline: number | undefined
}
const owner = (deadline: number): Owner => ({ deadline, notedDeadline: undefined })

describe('deadlines', () => {
  it('come in their order, each once, moved ones at their new time, ended ones never', () => {
    const random = seededRandom(7)
    const deadlines = new Deadlines<Owner>()
    const owners = Array.from({ length: 500 }, () => owner(Math.floor(random.unit() * 1_000)))
    for (const one of owners) deadlines.add(one)
    for (const [i, one] of owners.entries()) {
      if (i % 3 === 0) one.deadline = undefined
      else if (i % 3 === 1) {
        one.deadline = Math.floor(random.unit() * 2_000)
        deadlines.add(one)
      }
    }
    const wanted = owners.flatMap(({ deadline }) => deadline ?? []).sort((a, b) => a - b)
    const came: number[] = []
    for (let now = deadlines.next; now !== undefined; now = deadlines.next)
      for (let one = deadlines.take(now); one; one = deadlines.take(now)) {
        came.push(one.deadline ?? -1)
        one.deadline = undefined
      }
    expect(came).toEqual(wanted)
    expect(deadlines.size).toBe(0)
  })

  it('of what has ended are not kept until they would have come', () => {
    const deadlines = new Deadlines<Owner>()
    const alive: Owner[] = []
    let most = 0
    for (let i = 0; i < 50_000; i++) {
      const one = owner(1_000_000 - i)
      deadlines.add(one)
      alive.push(one)
      if (alive.length > 100) (alive.shift() as Owner).deadline = undefined
      most = Math.max(most, deadlines.size)
    }
    expect(most).toBeLessThanOrEqual(2 * 101 + 64)
    expect(deadlines.next).toBe(1_000_000 - 49_999)
  })
})
