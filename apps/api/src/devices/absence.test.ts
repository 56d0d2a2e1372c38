import { describe, expect, it } from 'vitest'
import { objectDefinition } from '@fieldline/object-model'
import { absence } from './absence.js'
import type { LastRead } from './last-reads.js'

const at = (clock: string): number => Date.parse(`2025-11-03T${clock}:00Z`)
const read = (path: string, code: string, clock: string, kind: LastRead['kind'] = 'read'): LastRead => ({
  path,
  kind,
  code,
  succeeded: code.startsWith('2.'),
  at: at(clock),
})
const unreadable = (path: string, clock: string, why: string): LastRead => ({
  ...read(path, '4.15', clock),
  text: `unreadable answer: ${why}`,
})

/** The reason of /3/0/`resourceId`; Supported Binding (16) is mandatory, Battery Level (9) is optional. */
function reason(resourceId: number, reads: LastRead[], instanceWasRead = false) {
  return absence({
    path: `/3/0/${resourceId}`,
    resource: objectDefinition(3)?.resources.get(resourceId),
    instanceWasRead,
    reads,
    now: at('12:00'),
    timeZone: 'Europe/Prague',
  })
}
const says = (code: string, text: RegExp) => ({ code, text: expect.stringMatching(text) as string })

describe('a resource without a value', () => {
  it('was not read yet while nothing was answered for it', () => {
    expect(reason(9, []).code).toBe('not-read-yet')
    expect(reason(9, [read('/3/0/10', '4.05', '09:31'), read('/3/0/9/0', '4.04', '09:31')]).code).toBe(
      'not-read-yet',
    )
    expect(reason(9, [read('/33', '4.04', '09:31'), read('/3/0/90', '4.04', '09:31')]).code).toBe(
      'not-read-yet',
    )
  })
  it('refused to be read, with the code in words and the time at its site', () => {
    expect(reason(9, [read('/3/0/9', '4.05', '09:31')])).toEqual(
      says('refused', /^It refused to be read: 4.05 Method Not Allowed, 10:31( |$)/),
    )
    expect(reason(9, [read('/3/0/9', '4.04', '09:31', 'observe')], true).text).toMatch(
      /^It refused to be observed: 4.04 Not Found, 10:31/,
    )
    expect(reason(9, [read('/3/0/9', '5.03', '09:31')]).text).toMatch(
      /^It could not be read: 5.03 Service Unavailable, 10:31/,
    )
    expect(reason(9, [read('/3/0/9', '4.29', '09:31')]).text).toMatch(/^It refused to be read: 4.29, 10:31/)
  })
  it('tells of its instance or object where these refused and nothing more is known', () => {
    expect(reason(16, [read('/3', '4.01', '09:31'), read('/3/0', '4.05', '10:31')])).toEqual(
      says('refused', /^\/3\/0 refused to be read: 4.05 Method Not Allowed, 11:31( |$)/),
    )
    expect(reason(9, [read('/3/0', '4.05', '10:31')], true).code).toBe('not-offered')
  })
  it('is not offered once its instance was read without it; a later refusal of the whole changes nothing', () => {
    const answered = read('/3/0', '2.05', '08:00')
    expect(reason(9, [answered])).toEqual(
      says('not-offered', /^Optional, and not among what the device answered for \/3\/0, 09:00( |$)/),
    )
    expect(reason(9, [answered, read('/3/0', '5.03', '09:00')]).code).toBe('not-offered')
  })
  it('is missing, and so not hidden among what is not offered, where it is mandatory', () => {
    expect(reason(16, [read('/3/0', '2.05', '08:00')])).toEqual(
      says('missing', /^Mandatory, and yet not among what the device answered for \/3\/0, 09:00( |$)/),
    )
  })
  it('accuses no device of refusing that gave an answer which cannot be read here', () => {
    expect(reason(9, [unreadable('/3/0/9', '09:31', 'truncated CBOR')])).toEqual(
      says('unreadable', /^Its answer could not be read: truncated CBOR, 10:31( |$)/),
    )
    expect(reason(9, [unreadable('/3/0', '09:31', 'truncated CBOR')])).toEqual(
      says('unreadable', /^The answer for \/3\/0 could not be read: truncated CBOR, 10:31( |$)/),
    )
    expect(reason(9, [unreadable('/3/0/9', '09:31', 'no content format is left to ask in')])).toEqual(
      says('unreadable', /^It could not be read: no content format is left to ask in, 10:31( |$)/),
    )
    expect(reason(9, [{ ...read('/3/0/9', '4.15', '09:31'), text: 'ask in CBOR' }])).toEqual(
      says('refused', /^It refused to be read: 4.15 Unsupported Content-Format, 10:31( |$)/),
    )
  })
  it('shows the newest of its own refusal and of what was answered around it', () => {
    expect(reason(9, [read('/3/0/9', '4.04', '08:00'), read('/3', '2.05', '09:00')]).code).toBe('not-offered')
    expect(reason(9, [read('/3/0/9', '4.04', '09:30'), read('/3', '2.05', '09:00')]).code).toBe('refused')
    expect(reason(9, [read('/3/0/9', '4.04', '09:30'), read('/3/0/9', '2.05', '09:31')])).toEqual(
      says('empty', /^Answered without a value, 10:31( |$)/),
    )
  })
  it('that nobody can read stays what it is', () => {
    const refused = [read('/3/0/4', '4.05', '09:31')]
    expect(reason(4, refused).code).toBe('executable')
  })
})
