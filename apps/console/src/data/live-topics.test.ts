import { describe, expect, it } from 'vitest'
import { unionOf } from './live-topics'

describe('live topics', () => {
  it('ask for no device while no screen shows one', () => {
    expect(unionOf([])).toEqual({ events: ['campaign'] })
  })

  it('are the union of what the screens want', () => {
    expect(unionOf([{ endpoints: ['b', 'a'] }, { endpoints: ['a'], campaign: 'c' }])).toEqual({
      events: ['campaign', 'device', 'values', 'operation', 'task'],
      endpoints: ['a', 'b'],
      campaign: 'c',
    })
  })

  it('keep the address short', () => {
    const long = Array.from({ length: 300 }, (_none, index) => `${'x'.repeat(100)}${index}`)
    const { endpoints = [] } = unionOf([{ endpoints: long }])
    expect(endpoints.join().length).toBeLessThan(7_000)
  })
})
