import { ManualClock } from '@fieldline/bytes'
import { expect, it } from 'vitest'
import { SpareWarnings } from './spare-warnings.js'

it('a flood of warnings is one line a second of each kind, with how many were left out', () => {
  const clock = new ManualClock()
  const lines: unknown[] = []
  const warnings = new SpareWarnings(clock, (facts, text) => void lines.push([text, facts]))
  for (let from = 0; from < 1_000; from++) {
    warnings.warn({ from }, 'refused')
    if (from === 500) warnings.warn({ from }, 'failed')
    clock.advance(2)
  }
  expect(lines).toEqual([
    ['refused', { from: 0 }],
    ['refused', { from: 500, leftOut: 499 }],
    ['failed', { from: 500 }],
  ])
})
