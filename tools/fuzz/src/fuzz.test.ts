import { describe, expect, it } from 'vitest'
import { runInputs } from './run.js'
import { targets } from './targets.js'

const seconds = 2

describe.each(targets)('$name', (target) => {
  it(`keeps its promises for ${seconds} s of inputs: ${target.promises}`, async () => {
    const { inputs, findings } = await runInputs(target, { seconds, seed: 1 })
    expect(findings).toEqual([])
    expect(inputs).toBeGreaterThan(100)
  })
})
