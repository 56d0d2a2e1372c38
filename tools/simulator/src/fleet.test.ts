import { describe, expect, test } from 'vitest'
import { demoFleet, hostileManufacturer, unknownMeter } from './fleet.js'
import { models } from './models/models.js'
import { demoTruth } from './truth.js'

const options = { seed: 1, meters: 120 }

describe('the demo fleet', () => {
  test('is the same for the same seed and another for another', () => {
    expect(demoFleet(options)).toEqual(demoFleet(options))
    expect(demoFleet(options)[0].endpoint).not.toBe(demoFleet({ ...options, seed: 2 })[0].endpoint)
  })

  test('has the models in their shares', () => {
    const fleet = demoFleet(options)
    const count = (id: string): number => fleet.filter(({ model }) => model === id).length
    expect(Object.keys(models).map((id) => [id, count(id)])).toEqual([
      ['TW1', 40],
      ['L7', 20],
      ['G4', 24],
      ['E3', 24],
      ['H2', 12],
    ])
  })

  test('names no meter, SIM card, metering point or serial twice', () => {
    const fleet = demoFleet({ seed: 5, meters: 3_000 })
    for (const key of ['endpoint', 'iccid', 'meteringPoint', 'meterSerial'] as const)
      expect(new Set(fleet.map((meter) => meter[key])).size).toBe(fleet.length)
  })

  test('keeps the names of its meters when it grows', () => {
    const endpoints = (meters: number): string[] =>
      demoFleet({ seed: 1, meters }).map(({ endpoint }) => endpoint)
    expect(endpoints(200).slice(0, 120)).toEqual(endpoints(120))
  })

  test('has IMEIs that a check digit ends', () => {
    for (const { endpoint } of demoFleet(options).filter(({ endpoint }) =>
      endpoint.startsWith('urn:imei:'),
    )) {
      const digits = [...endpoint.slice('urn:imei:'.length)].reverse().map(Number)
      const sum = digits.reduce((total, digit, at) => {
        const doubled = at % 2 === 1 ? digit * 2 : digit
        return total + (doubled > 9 ? doubled - 9 : doubled)
      }, 0)
      expect(digits).toHaveLength(15)
      expect(sum % 10).toBe(0)
    }
  })

  test('has half of its TW1 on batteries of more than six years', () => {
    const now = Date.UTC(2026, 10, 1)
    const old = demoFleet({ seed: 1, meters: 900 })
      .filter(({ model }) => model === 'TW1')
      .map(({ installedAt }) => (now - installedAt) / (365.25 * 86_400_000) > 6)
    const share = old.filter(Boolean).length / old.length
    expect(share).toBeGreaterThan(0.4)
    expect(share).toBeLessThan(0.6)
  })
})

describe('what is planted', () => {
  test.each([60, 120, 1_000])('stands in fixed counts in a fleet of %i', (meters) => {
    const truth = demoTruth({ seed: 7, meters })
    expect(truth.map(({ letter, endpoints }) => [letter, endpoints.length])).toEqual([
      ['a', 6],
      ['f', 6],
      ['j', 1],
      ['k', 1],
      ['m', 1],
    ])
  })

  test('is less in a smaller fleet and nothing in the smallest', () => {
    const counts = demoTruth({ seed: 7, meters: 30 }).map(({ endpoints }) => endpoints.length)
    expect(counts).toEqual([3, 3, 1, 1, 1])
    expect(demoTruth({ seed: 7, meters: 9 })).toEqual([])
  })

  test('gives each meter at most one fault', () => {
    expect(demoFleet(options).filter(({ planted }) => planted.length > 1)).toEqual([])
  })

  test('(a) is one cell that has meters of three models and no others', () => {
    const fleet = demoFleet(options)
    const silent = fleet.filter(({ planted }) => planted.includes('a'))
    expect(new Set(silent.map(({ model }) => model)).size).toBe(3)
    expect(new Set(silent.map(({ cell }) => cell)).size).toBe(1)
    expect(fleet.filter(({ cell }) => cell === silent[0].cell)).toEqual(silent)
  })

  test('(f) is electricity meters, (m) one manufacturer string, (k) on nobody’s list', () => {
    const fleet = demoFleet(options)
    const planted = (letter: 'f' | 'm'): typeof fleet =>
      fleet.filter((meter) => meter.planted.includes(letter))
    expect(planted('f').every(({ model }) => model === 'E3')).toBe(true)
    expect(fleet.filter(({ manufacturer }) => manufacturer === hostileManufacturer)).toEqual(planted('m'))
    expect(fleet.map(({ endpoint }) => endpoint)).not.toContain(unknownMeter(options)?.endpoint)
  })
})
