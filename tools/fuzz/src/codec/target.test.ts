import { afterEach, expect, it, vi } from 'vitest'
import type * as Codec from '@fieldline/codec'
import { runInputs } from '../run.js'
import { codec } from './target.js'

/** A codec that can be spoiled: what is fuzzed with it must be found out. */
const spoil: Partial<typeof Codec> = vi.hoisted(() => ({}))
vi.mock('@fieldline/codec', async (original) => {
  const sound = await original<typeof Codec>()
  const through = <N extends 'decode' | 'encode' | 'decodePaths'>(name: N) =>
    ((...args: Parameters<(typeof sound)[N]>) =>
      ((spoil[name] ?? sound[name]) as (...all: typeof args) => unknown)(...args)) as (typeof sound)[N]
  return {
    ...sound,
    sound,
    decode: through('decode'),
    encode: through('encode'),
    decodePaths: through('decodePaths'),
  }
})
const { sound } = (await import('@fieldline/codec')) as unknown as { sound: typeof Codec }
afterEach(() => {
  for (const name of Object.keys(spoil) as (keyof typeof spoil)[]) delete spoil[name]
})

const faults: Record<string, () => void> = {
  'a decoder that loses a value': () => (spoil.decode = (...args) => sound.decode(...args).slice(0, 3)),
  'a decoder that is off by one': () =>
    (spoil.decode = (...args) =>
      sound
        .decode(...args)
        .map((node) => (typeof node.value === 'number' ? { ...node, value: node.value + 1 } : node))),
  'a decoder that fails in another way than with a ProtocolError': () =>
    (spoil.decode = (format, payload, context) => {
      if (payload.length > 40) throw new TypeError('not of a kind that is expected')
      return sound.decode(format, payload, context)
    }),
  'an encoder that writes what cannot be read': () =>
    (spoil.encode = (...args) => sound.encode(...args).slice(0, -1)),
  'paths that come back in another order': () =>
    (spoil.decodePaths = (...args) => sound.decodePaths(...args).toReversed()),
}

it.each(Object.entries(faults))('the target codec finds %s', async (_name, plant) => {
  plant()
  const { findings } = await runInputs(codec, { seconds: 0, seed: 1, leastInputs: 2_000 })
  expect(findings.length).toBeGreaterThan(0)
})

it('the target codec finds nothing in the codec as it is', async () => {
  const { findings } = await runInputs(codec, { seconds: 0, seed: 1, leastInputs: 2_000 })
  expect(findings.filter(({ kind }) => kind === 'crash')).toEqual([])
})
