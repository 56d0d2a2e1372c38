import { describe, expect, test } from 'vitest'
import { faultsOf, parseFaults } from './faults.js'
import type { Faults } from './faults.js'
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

  test.each([
    ['silent', ({ silentAfter }: Faults) => silentAfter !== undefined],
    ['reboot', ({ rebootEvery }: Faults) => rebootEvery !== undefined],
    ['diverge', ({ diverge }: Faults) => diverge === 'all'],
    ['loss', ({ loss }: Faults) => loss === 0.3],
  ] as const)('of the kind %s meet those they are meant for, and nobody without them', (name, has) => {
    const seeds = Array.from({ length: 2_000 }, (_, seed) => seed * 7_919)
    const met = seeds.filter((seed) => has(faultsOf({ [name]: 0.3 }, seed))).length / seeds.length
    expect(met).toBeCloseTo(name === 'loss' ? 1 : 0.3, 1)
    expect(seeds.filter((seed) => has(faultsOf({}, seed)))).toEqual([])
  })
})

describe('the command line', () => {
  test('has defaults', () => {
    expect(readOptions([])).toMatchObject({
      meters: 120,
      seed: 1,
      server: { host: '127.0.0.1', port: 5683 },
      secure: undefined,
      stack: 'ours',
      demo: false,
      faults: {},
    })
  })

  test('takes IPv6 addresses in brackets', () => {
    expect(readOptions(['--server', 'coap://[::1]:5700'])).toMatchObject({
      server: { host: '::1', port: 5700 },
    })
  })

  test('takes a secured server, alone or beside the other', () => {
    const alone = readOptions(['--server', 'coaps://localhost'])
    expect(alone).toMatchObject({ server: undefined, secure: { host: 'localhost', port: 5684 } })
    const beside = readOptions(['--server', 'coap://localhost', '--secure', 'coaps://localhost:7000'])
    expect(beside).toMatchObject({ server: { port: 5683 }, secure: { port: 7000 } })
  })

  test.each([
    [['--meters', 'many']],
    [['--server', 'coaps://localhost', '--stack', 'node-coap']],
    [['--server', 'coaps://localhost', '--secure', 'coaps://localhost']],
    [['--secure', 'coap://localhost']],
    [['--server', 'http://localhost']],
    [['--stack', 'other']],
    [['--report-every', '0']],
    [['--server', 'coap://localhost:99999']],
    [['--nonsense']],
  ])('%j is refused', (args) => {
    expect(() => readOptions(args)).toThrow()
  })
})
