import type { AudiencePreview, Campaign, Candidate, Device } from '@fieldline/contracts'
import { describe, expect, it } from 'vitest'
import { commonCell, fleetInWords, needsOf } from './attention'

const preview = (byPresence: AudiencePreview['byPresence'], total = 120): AudiencePreview => ({
  audience: 'endpoint:*',
  total,
  byVendor: [],
  byModel: [],
  byFirmware: [],
  byPresence,
  sample: [],
  excluded: [],
})
const device = (endpoint: string, code: string, more: Partial<Device> = {}) =>
  ({
    endpoint,
    reasons: [{ code, text: `why ${endpoint}`, since: '2026-11-22T10:00:00Z' }],
    ...more,
  }) as Device

describe('what needs somebody', () => {
  it('is nothing while everybody sleeps', () => {
    expect(needsOf(preview([{ key: 'sleeping', count: 120 }]), [], [], [])).toEqual([])
    expect(fleetInWords(preview([{ key: 'sleeping', count: 120 }]))).toBe('120 devices, nobody late')
  })

  it('leads to filtered lists, the gravest first', () => {
    const needs = needsOf(
      preview([
        { key: 'silent', count: 8 },
        { key: 'late', count: 1 },
      ]),
      [device('urn:a', 'name-conflict'), device('b', 'battery-low')],
      [{ id: 'c1', name: 'Interval', state: 'paused', text: 'Paused by its error gate' } as Campaign],
      [{ endpoint: 'x' } as Candidate],
    )
    expect(needs.map(({ key }) => key)).toEqual([
      'silent',
      'late',
      'campaign c1',
      'name-conflict',
      'battery-low',
      'candidates',
    ])
    expect(needs.map(({ address }) => decodeURIComponent(address))).toEqual([
      '/devices?q=status:silent',
      '/devices?q=status:late',
      '/campaigns/c1',
      '/devices?q=endpoint:urn:a',
      '/devices?q=battery:<15',
      '/devices?tab=candidates',
    ])
  })

  it('names the cell that most silent meters share', () => {
    const inCell = (cell: string) => device(cell, 'silent', { presence: 'silent', cell })
    expect(commonCell([inCell('A'), inCell('A'), inCell('A'), inCell('B')])).toEqual({ cell: 'A', count: 3 })
    expect(commonCell([inCell('A'), inCell('A')])).toBeUndefined()
    expect(
      commonCell([inCell('A'), inCell('A'), inCell('A'), inCell('B'), inCell('C'), inCell('D')]),
    ).toBeUndefined()
  })
})
