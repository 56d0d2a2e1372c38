import { describe, expect, test } from 'vitest'
import { faultsOf, parseFaults } from './faults.js'
import { readOptions } from './options.js'

describe('faults', () => {
  test('are read with bars and with commas', () => {
    expect(parseFaults(['reject-write:0.3|silent:0.1', 'loss:1,diverge:0'])).toEqual({
      'reject-write': 0.3,
      silent: 0.1,
      loss: 1,
      diverge: 0,
    })
  })

  test.each(['slow:0.1', 'loss', 'loss:2', 'loss:x', 'loss:-1'])('"%s" is refused in words', (text) => {
    expect(() => parseFaults([text])).toThrow(RangeError)
  })

  test('meet their share of the meters, the same ones each time', () => {
    const meters = Array.from({ length: 2_000 }, (_, seed) => seed * 7_919)
    const refusing = meters.filter((seed) => faultsOf({ 'reject-write': 0.3 }, seed).rejectWrite)
    expect(refusing.length / meters.length).toBeCloseTo(0.3, 1)
    expect(refusing).toEqual(meters.filter((seed) => faultsOf({ 'reject-write': 0.3 }, seed).rejectWrite))
  })
})

describe('the command line', () => {
  test('has defaults', () => {
    expect(readOptions([])).toMatchObject({
      meters: 120,
      seed: 1,
      host: '127.0.0.1',
      port: 5683,
      stack: 'ours',
      demo: false,
      faults: {},
    })
  })

  test('takes IPv6 addresses in brackets', () => {
    expect(readOptions(['--server', 'coap://[::1]:5700'])).toMatchObject({ host: '::1', port: 5700 })
  })

  test.each([
    [['--meters', 'many']],
    [['--server', 'http://localhost']],
    [['--stack', 'other']],
    [['--report-every', '0']],
    [['--server', 'coap://localhost:99999']],
    [['--nonsense']],
  ])('%j is refused', (args) => {
    expect(() => readOptions(args)).toThrow()
  })
})
