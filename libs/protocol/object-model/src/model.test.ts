import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  comparePaths,
  formatPath,
  fromBase64,
  isWithin,
  joinPath,
  normaliseInteger,
  objectDefinition,
  parentPath,
  parseObjlnk,
  parsePath,
  pathLevel,
  pathOf,
  rootPath,
  sameValue,
  toBase64,
  toBase64Url,
  validateWrite,
  valueFromJson,
  valueToJson,
} from './index.js'
import type { ResourceDefinition, ResourceType, ResourceValue } from './index.js'

describe('paths', () => {
  it('are read and written alike', () => {
    for (const text of ['/', '/3', '/3/0', '/3/0/0', '/65535/65535/65535/65535']) {
      expect(formatPath(parsePath(text))).toBe(text)
    }
    expect(pathLevel(parsePath('/3/0/7/1'))).toBe(4)
    expect(joinPath(parsePath('/3'), 0, 9)).toEqual({ objectId: 3, instanceId: 0, resourceId: 9 })
    expect(formatPath(parentPath(parsePath('/3/0/9')))).toBe('/3/0')
    expect(parentPath(rootPath)).toEqual({})
  })

  it('are refused in words when they are none', () => {
    for (const text of [
      '',
      '3/0',
      '/3/',
      '//',
      '/3/0/0/0/0',
      '/03',
      '/65536',
      '/a',
      '/3/-1',
      '/3 ',
      '/ 3',
      '/3/0/0/0/',
    ]) {
      expect(() => parsePath(text), text).toThrow(RangeError)
    }
    expect(() => parsePath('/3/x')).toThrow('"x" in "/3/x"')
    expect(() => pathOf(1, 2, 3, 4, 5)).toThrow(RangeError)
    expect(() => pathOf(1.5)).toThrow(RangeError)
  })

  it('lie within their ancestors and sort below them', () => {
    expect(isWithin(parsePath('/3/0/9'), parsePath('/3'))).toBe(true)
    expect(isWithin(parsePath('/3/0/9'), parsePath('/'))).toBe(true)
    expect(isWithin(parsePath('/3'), parsePath('/3/0'))).toBe(false)
    expect(isWithin(parsePath('/3/0/9'), parsePath('/3/0/9/0'))).toBe(false)
    expect(['/3/0/10', '/3', '/3/0/9', '/1/0'].map(parsePath).sort(comparePaths).map(formatPath)).toEqual([
      '/1/0',
      '/3',
      '/3/0/9',
      '/3/0/10',
    ])
  })
})

describe('base64', () => {
  it('is read back in both alphabets, padded or not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const plain = toBase64(bytes)
        expect(plain).toBe(Buffer.from(bytes).toString('base64'))
        expect(fromBase64(plain)).toEqual(bytes)
        expect(fromBase64(plain.replace(/=+$/, ''))).toEqual(bytes)
        expect(fromBase64(toBase64Url(bytes))).toEqual(bytes)
      }),
    )
  })

  it('is refused when it is not base64', () => {
    for (const text of ['A', 'AB=', 'A===', 'AA=A', 'A B=', 'AQIDBAU==', 'AR', 'é===', '====']) {
      expect(() => fromBase64(text), text).toThrow(RangeError)
    }
  })
})

describe('values in JSON', () => {
  const cases: [ResourceType, ResourceValue, unknown][] = [
    ['integer', normaliseInteger(-(2n ** 63n)), '-9223372036854775808'],
    ['integer', 9007199254740991, 9007199254740991],
    ['unsigned', 2n ** 64n - 1n, '18446744073709551615'],
    ['float', NaN, 'NaN'],
    ['float', -Infinity, '-Infinity'],
    ['float', 0.1, 0.1],
    ['boolean', false, false],
    ['string', 'Zähler', 'Zähler'],
    ['opaque', Uint8Array.of(1, 2, 3, 4, 5), 'AQIDBAU='],
    ['objlnk', { objectId: 66, instanceId: 0 }, '66:0'],
    ['time', 1367491215.5, 1367491215.5],
    ['corelnk', '</3/0>', '</3/0>'],
  ]
  it.each(cases)('carry %s both ways', (type, value, json) => {
    expect(valueToJson(type, value)).toEqual(json)
    expect(sameValue(valueFromJson(type, json), value)).toBe(true)
  })

  it('take a small integer from a decimal string as a number', () => {
    expect(valueFromJson('integer', '-5')).toBe(-5)
  })

  it('are refused in words', () => {
    const bad: [ResourceType, unknown, string][] = [
      ['integer', 1.5, 'integer'],
      ['integer', 2 ** 60, 'decimal string'],
      ['integer', '9223372036854775808', 'integer'],
      ['unsigned', -1, '0..2^64−1'],
      ['float', '1.5', 'a number'],
      ['float', 'constructor', 'a number'],
      ['boolean', 1, 'true or false'],
      ['opaque', '!', 'base64'],
      ['objlnk', '66', 'object:instance'],
      ['objlnk', '66:70000', 'object:instance'],
      ['string', 5, 'a string'],
      ['string', '\ud800', 'a string'],
      ['time', null, 'Unix seconds'],
      ['time', 2 ** 60, 'Unix seconds'],
      ['none', '', 'no value'],
    ]
    for (const [type, json, words] of bad)
      expect(() => valueFromJson(type, json), `${type} ${String(json)}`).toThrow(words)
  })

  it('know the object link to nothing in both spellings', () => {
    expect(parseObjlnk('FFFF:FFFF')).toEqual(parseObjlnk('65535:65535'))
    expect(() => parseObjlnk('1:2:3')).toThrow(RangeError)
  })
})

describe('writing', () => {
  const resource = (change: Partial<ResourceDefinition>): ResourceDefinition => ({
    id: 1,
    name: 'Level',
    operations: 'RW',
    multiple: false,
    mandatory: false,
    type: 'integer',
    range: '',
    units: '',
    ...change,
  })

  it('is refused where the definition does not allow it', () => {
    const device = objectDefinition(3)!
    expect(validateWrite(device.resources.get(9)!, 5)).toBe('Battery Level (9) is read-only')
    expect(validateWrite(device.resources.get(4)!, '')).toBe('Reboot (4) is executed, not written')
    expect(validateWrite(objectDefinition(0)!.resources.get(0)!, 'x')).toContain(
      'cannot be written by a server',
    )
    expect(validateWrite(device.resources.get(13)!, 'now')).toBe(
      'Current Time (13) must be a time in Unix seconds',
    )
    expect(validateWrite(device.resources.get(14)!, '+02:00')).toBeUndefined()
  })

  it('keeps to spans and comma lists', () => {
    expect(validateWrite(resource({ range: '0..100' }), 101)).toBe('Level (1) must be 0..100, not 101')
    expect(validateWrite(resource({ range: '0..100' }), 100)).toBeUndefined()
    expect(validateWrite(resource({ range: '5, 10, 15, 20' }), 15)).toBeUndefined()
    expect(validateWrite(resource({ range: '5, 10, 15, 20' }), 16)).toContain('must be')
    expect(validateWrite(resource({ range: '0..247, 255' }), 255)).toBeUndefined()
    expect(validateWrite(resource({ range: '0..247, 255' }), 250)).toContain('must be')
    expect(validateWrite(resource({ range: '-30..-120' }), -50)).toBeUndefined()
    expect(validateWrite(resource({ range: '0.000001..1.0', type: 'float' }), 2)).toContain('must be')
    expect(validateWrite(resource({ range: '0..1', type: 'float' }), NaN)).toContain('must be')
    expect(
      validateWrite(resource({ range: '0..18446744073709551615', type: 'unsigned' }), 2n ** 64n - 1n),
    ).toBeUndefined()
    expect(validateWrite(resource({ range: '0..9223372036854775806' }), 2n ** 63n - 1n)).toContain('must be')
    expect(validateWrite(resource({ range: '0..3', type: 'string' }), 'éé')).toContain('bytes long')
    expect(validateWrite(resource({ range: '0..1', type: 'boolean' }), true)).toBeUndefined()
  })

  it('enforces no other range', () => {
    for (const range of [
      '255',
      '8 bit',
      '0-100',
      '1...15',
      '[1:4]',
      'ON;OFF',
      '0; 3.8..20.5',
      '<7 to >12.5',
      '0..255 bytes',
    ]) {
      expect(validateWrite(resource({ range }), 1_000), range).toBeUndefined()
    }
  })
})
