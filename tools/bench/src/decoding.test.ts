import { expect, it } from 'vitest'
import { decodeAgainst } from './decoding.js'
import { ContentFormat, resources, samplesIn } from './instance.js'

const few = { ...samplesIn(ContentFormat.Tlv) }.samples.slice(0, 2)

it('a decoder is measured by what it reads: a reference that reads less is refused', async () => {
  let calls = 0
  const reference = (): number => {
    calls++
    return resources
  }
  const figures = await decodeAgainst(ContentFormat.Tlv, few, reference, 1)
  expect(calls).toBeGreaterThanOrEqual(2_500 * few.length)
  expect(figures.candidate).toBeGreaterThan(figures.reference)
  await expect(decodeAgainst(ContentFormat.Tlv, few, () => resources - 1, 1)).rejects.toThrow(/values from/)
})
