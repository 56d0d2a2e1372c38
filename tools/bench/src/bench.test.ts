import { describe, expect, it } from 'vitest'
import { judgedFigure, ratioOf, reaches } from './bench.js'
import { benches } from './benches.js'
import { ContentFormat, checkDecoded, samplesIn } from './instance.js'
import { readOptions } from './options.js'
import { interleave, median } from './rounds.js'
import { check } from './update-load.js'

describe('rounds', () => {
  it('have the middle as their median, and the mean of two middles', () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([4, 1, 2, 9])).toBe(3)
    expect(() => median([])).toThrow(RangeError)
  })

  it('are measured in turn, and who begins changes', async () => {
    const order: string[] = []
    const side = (name: string, user: number) => () => {
      order.push(name)
      return { user, system: 1 }
    }
    const figures = await interleave(2, side('ours', 2), side('theirs', 5))
    expect(order).toEqual(['ours', 'theirs', 'theirs', 'ours'])
    expect(figures).toMatchObject({ candidate: 3, reference: 6 })
  })
})

describe('a bench', () => {
  const [byRatio] = benches
  it('is judged by its ratio in the direction it states', () => {
    const figures = { candidate: 2, reference: 10 }
    expect(ratioOf(byRatio, figures)).toBe(5)
    expect(judgedFigure(byRatio, figures)).toBe(5)
    expect(reaches(byRatio, 5, byRatio.floor)).toBe(true)
    expect(reaches({ ...byRatio, better: 'lower' }, 5, byRatio.floor)).toBe(false)
  })

  it('with a budget in bytes is judged by what is ours alone', () => {
    const memory = benches.find(({ name }) => name === 'coap-memory')!
    expect(judgedFigure(memory, { candidate: 300, reference: 1 })).toBe(300)
  })

  it.each(benches)('$name has a name of its own and an aim beyond its floor', (bench) => {
    expect(benches.filter(({ name }) => name === bench.name)).toHaveLength(1)
    expect(reaches(bench, bench.aim, bench.floor)).toBe(true)
    expect(reaches(bench, bench.floor, bench.aim)).toBe(false)
  })

  it.each([ContentFormat.Tlv, ContentFormat.SenmlCbor, ContentFormat.SenmlJson])(
    'of content format %i reads what it wrote',
    (format) => {
      const { samples } = samplesIn(format)
      expect(() => checkDecoded(format, samples)).not.toThrow()
      const [first, second] = samples
      expect(() => checkDecoded(format, [{ ...first, payload: second.payload }])).toThrow()
    },
  )
})

describe('the answers to a load', () => {
  const loaded = { sent: 1_000, answered: 990, wrong: 0, lost: 10, seconds: 1 }
  it('must all be right where they are ours', () => {
    expect(() => check('own-server', loaded)).not.toThrow()
    expect(() => check('own-server', { ...loaded, wrong: 1 })).toThrow(/wrong/)
    expect(() => check('own-server', { ...loaded, answered: 989 })).toThrow(/989 of 1000/)
  })

  it('of a reference may be wrong or missing, but not many', () => {
    expect(() => check('node-coap-server', { ...loaded, answered: 950, wrong: 50 })).not.toThrow()
    expect(() => check('node-coap-server', { ...loaded, answered: 899 })).toThrow(/899 of 1000/)
  })
})

describe('the command line', () => {
  it('takes names, `all`, or nothing for the list', () => {
    expect(readOptions(['coap-get', '--rounds', '3'])).toMatchObject({ rounds: 3, assert: false })
    expect(readOptions(['all', 'coap-get']).benches).toEqual(benches)
    expect(readOptions([]).benches).toEqual([])
    expect(readOptions(['all', '--list']).benches).toEqual([])
  })

  it('says which benches there are when a name is none', () => {
    expect(() => readOptions(['speed'])).toThrow(/coap-update/)
    expect(() => readOptions(['coap-get', '--rounds', '0'])).toThrow(/--rounds/)
  })
})
