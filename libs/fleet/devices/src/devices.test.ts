import { hazardOf, objectDefinition } from '@fieldline/object-model'
import { describe, expect, it } from 'vitest'
import {
  defaultPlan,
  firstReads,
  momentInWords,
  planFor,
  sameScalar,
  sameWritten,
  shadowState,
  timelineWords,
} from './index.js'

describe('the observation plan', () => {
  it('asks only for resources that can be read without moving a pointer', () => {
    for (const [object, resources] of Object.entries(defaultPlan))
      for (const { resource, pmin, pmax } of resources) {
        expect(
          objectDefinition(Number(object))?.resources.get(resource)?.operations,
          `/${object}/x/${resource}`,
        ).toContain('R')
        expect(hazardOf(Number(object), resource, 'read')).toBeUndefined()
        expect(pmax).toBeGreaterThanOrEqual(pmin)
      }
  })
  it('covers each instance a water meter registered, and nothing it did not', () => {
    const planned = planFor([
      { path: '/' },
      { path: '/3/0' },
      { path: '/3424', version: '1.1' },
      { path: '/3424/0' },
      { path: '/3424/7' },
    ])
    expect(planned.map((one) => one.path)).toEqual([
      '/3/0/9',
      '/3/0/13',
      '/3424/0/1',
      '/3424/0/10',
      '/3424/0/11',
      '/3424/7/1',
      '/3424/7/10',
      '/3424/7/11',
    ])
  })
  it('leaves out what the version of the object does not have, and refuses hazards even when told', () => {
    expect(
      planFor([{ path: '/10266/0' }], { plan: { 10266: [{ resource: 6029, pmin: 0, pmax: 60 }] } }),
    ).toEqual([])
    expect(planFor([{ path: '/3/0' }], { plan: { 3: [{ resource: 4, pmin: 0, pmax: 60 }] } })).toEqual([])
    expect(planFor([{ path: '/3/0' }], { definition: () => undefined })).toEqual([])
    expect(planFor([{ path: '/9999999/0' }, { path: 'rubbish' }])).toEqual([])
  })
  it('can live a day in minutes', () => {
    expect(planFor([{ path: '/3/0' }], { timeScale: 480 })[0]).toEqual({ path: '/3/0/9', pmin: 8, pmax: 180 })
  })
  it('reads device and radio once as a whole', () => {
    expect(firstReads([{ path: '/3/0' }, { path: '/4/0' }, { path: '/5/0' }])).toEqual(['/3/0', '/4/0'])
  })
})

describe('written and reported values', () => {
  it('are compared by type', () => {
    expect(sameScalar('integer', 60, '60')).toBe(true)
    expect(sameScalar('integer', '9223372036854775807', '9223372036854775807')).toBe(true)
    expect(sameScalar('integer', '9223372036854775807', '9223372036854775806')).toBe(false)
    expect(sameScalar('float', 0.1, Math.fround(0.1))).toBe(true)
    expect(sameScalar('float', 0.1, 0.2)).toBe(false)
    expect(sameScalar('float', 'NaN', 'NaN')).toBe(true)
    expect(sameScalar('boolean', true, 1)).toBe(false)
    expect(sameScalar('string', '60', 60)).toBe(false)
    expect(sameScalar('opaque', 'AQI=', 'AQI=')).toBe(true)
  })
  it('of several instances must have the same instances', () => {
    expect(sameWritten('integer', { 0: 1, 1: 2 }, { 1: 2, 0: 1 })).toBe(true)
    expect(sameWritten('integer', { 0: 1 }, { 0: 1, 1: 2 })).toBe(false)
    expect(sameWritten('integer', { 0: 1 }, { 1: 1 })).toBe(false)
    expect(sameWritten('integer', 1, { 0: 1 })).toBe(false)
    expect(sameWritten('integer', 1, undefined)).toBe(false)
  })
  it('make a shadow that is pending until it was read back', () => {
    expect(shadowState('integer', 60, 60, undefined)).toBe('in-sync')
    expect(shadowState('integer', 60, 30, undefined)).toBe('pending')
    expect(shadowState('integer', 60, 30, { accepted: true, readBackSince: false })).toBe('pending')
    expect(shadowState('integer', 60, 30, { accepted: true, readBackSince: true })).toBe('diverged')
    expect(shadowState('integer', 60, 30, { accepted: false, readBackSince: false })).toBe('rejected')
  })
})

describe('words', () => {
  it('tell the day when it is another one', () => {
    const now = Date.UTC(2025, 10, 3, 12)
    expect(momentInWords(Date.UTC(2025, 10, 4, 4, 40), now)).toBe('4 Nov 04:40 UTC')
    expect(momentInWords(Date.UTC(2024, 10, 3, 4, 40), now)).toBe('3 Nov 04:40 UTC')
  })
  it('name the zone in which a moment is told, as it is called on that day', () => {
    const now = Date.UTC(2026, 10, 23, 0, 10)
    const due = Date.UTC(2026, 10, 23, 0, 57)
    expect(momentInWords(due, now, 'Europe/Berlin')).toBe('01:57 CET')
    expect(momentInWords(due, now, 'Europe/London')).toBe('00:57 GMT')
    expect(momentInWords(due, now, 'America/Sao_Paulo')).toBe('21:57 GMT-3')
    expect(momentInWords(Date.UTC(2026, 6, 4, 4, 40), now, 'Europe/Berlin')).toBe('4 Jul 06:40 CEST')
    expect(momentInWords(due, now, 'Nowhere/Else')).toBe('00:57 UTC')
  })
  it('of the timeline are sentences', () => {
    const now = Date.UTC(2025, 10, 3, 12)
    const keyChanged = { kind: 'device-changed', by: 'Ada', fields: ['psk'], endsRegistration: true } as const
    expect(timelineWords(keyChanged, now)).toMatchObject({
      title: 'Ada changed its key',
      text: 'Its registration ended with that: it has to register again',
    })
    expect(timelineWords({ kind: 'name-conflict', addresses: ['a', 'b'] }, now).title).toBe(
      'Two addresses claim this name: a and b',
    )
    expect(
      timelineWords(
        { kind: 'operation', operation: 'execute', path: '/3/0/4', state: 'failed', code: '4.05' },
        now,
      ),
    ).toEqual({
      kind: 'operation',
      title: 'Execute /3/0/4: failed',
      text: '4.05 Method Not Allowed: the device does not offer that operation there',
    })
    expect(timelineWords({ kind: 'values', count: 1, source: 'send' }, now).title).toBe(
      'Reported 1 value by Send',
    )
  })
})
