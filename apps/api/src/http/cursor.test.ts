import { describe, expect, it } from 'vitest'
import { DomainError } from '@fieldline/contracts'
import { decodeCursor, page } from './cursor.js'

const cursorOf = (...position: unknown[]) => Buffer.from(JSON.stringify(position)).toString('base64url')
const id = '0f7f3b7e-6b1a-4c58-9a35-0c6a3b0f9d11'

describe('a cursor', () => {
  it('of a page leads to the next one', () => {
    const { nextCursor } = page([7, 8, 9], 2, String, (last) => [last * 1_000, 1])
    expect(decodeCursor(nextCursor ?? undefined, 'time', 'skip')).toEqual([8_000, 1])
    expect(decodeCursor(cursorOf(id), 'uuid')).toEqual([id])
    expect(decodeCursor(cursorOf('42'), 'row')).toEqual(['42'])
    expect(decodeCursor(cursorOf('urn:imei:1'), 'name')).toEqual(['urn:imei:1'])
    expect(decodeCursor(undefined, 'uuid')).toEqual([])
  })

  it('is there for as long as something follows', () => {
    const pageOf = (rows: number[]) => page(rows, 2, String, (last) => [String(last)])
    expect(pageOf([])).toEqual({ items: [], nextCursor: null })
    expect(pageOf([1, 2])).toEqual({ items: ['1', '2'], nextCursor: null })
    expect(pageOf([1, 2, 3])).toEqual({ items: ['1', '2'], nextCursor: cursorOf('2') })
  })

  const refused: Record<string, () => unknown> = {
    'that is no JSON': () => decodeCursor('%%%', 'name'),
    'with too many parts': () => decodeCursor(cursorOf('a', 'b'), 'name'),
    'with a name for an id': () => decodeCursor(cursorOf('meter-1'), 'uuid'),
    'with an id that is no number of a row': () => decodeCursor(cursorOf('1e9'), 'row'),
    'with a number that no row has': () => decodeCursor(cursorOf('9'.repeat(30)), 'row'),
    'with a NUL in a name': () => decodeCursor(cursorOf('a\0'), 'name'),
    'with half a surrogate pair in a name': () => decodeCursor(cursorOf('a\ud800'), 'name'),
    'with a time that is none': () => decodeCursor(cursorOf(1e300, 0), 'time', 'skip'),
    'with half a millisecond': () => decodeCursor(cursorOf(0.5, 0), 'time', 'skip'),
    'that skips backwards': () => decodeCursor(cursorOf(0, -1), 'time', 'skip'),
  }
  for (const [name, decode] of Object.entries(refused))
    it(`${name} is the caller's fault and names the field`, () => {
      expect(decode).toThrow(DomainError)
      expect(decode).toThrow(expect.objectContaining({ code: 'invalid-request', field: 'cursor' }))
    })
})
