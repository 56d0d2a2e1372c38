import { describe, expect, it } from 'vitest'
import { inputOf, runInputs, tryInput } from './run.js'
import { targets } from './targets.js'

const seconds = 2
const leastInputs = 100

describe.each(targets)('$name', (target) => {
  it(
    `keeps its promises for ${leastInputs} inputs and ${seconds} s: ${target.promises}`,
    { timeout: 60_000 },
    async () => {
      const { findings } = await runInputs(target, { seconds, seed: 1, leastInputs })
      const stands = []
      for (const finding of findings) {
        // other tests run beside this one: an input that was slow once is a hang only where it is slow again
        const again =
          finding.kind === 'hang'
            ? await tryInput(target, inputOf(target, 1, finding.input), finding.input)
            : finding
        if (again) stands.push(again)
      }
      expect(stands).toEqual([])
    },
  )
})
