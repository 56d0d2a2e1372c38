import { seededRandom } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { ReplayWindow } from './replay-window.js'

describe('the replay window', () => {
  it('takes each number once, up to 64 back from the newest, as a plain list of numbers would', () => {
    const random = seededRandom(7)
    for (let round = 0; round < 50; round++) {
      const window = new ReplayWindow()
      const seen = new Set<number>()
      let top = -1
      let centre = Math.floor(random.unit() * 2 ** 40)
      for (let i = 0; i < 300; i++) {
        centre += Math.floor(random.unit() * (round % 2 ? 3 : 40))
        const sequence = Math.max(0, centre - Math.floor(random.unit() * 80))
        const fresh = !seen.has(sequence) && sequence > top - 64
        expect(window.isFresh(sequence), `${sequence} after ${top}`).toBe(fresh)
        if (!fresh) continue
        expect(window.mark(sequence)).toBe(sequence > top)
        seen.add(sequence)
        top = Math.max(top, sequence)
      }
    }
  })
})
