import { describe, expect, it } from 'vitest'
import { runInputs } from './run.js'
import { targets } from './targets.js'

const seconds = 2

describe.each(targets)('$name', (target) => {
  it(`keeps its promises for ${seconds} s of inputs: ${target.promises}`, async () => {
    const { inputs, findings } = await runInputs(target, { seconds, seed: 1 })
    // how long an input takes is judged in a process of its own: here other tests run beside it
    expect(findings.filter(({ kind }) => kind === 'crash')).toEqual([])
    expect(inputs).toBeGreaterThan(20)
  })
})
