import { ProtocolError } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import {
  checkAttributes,
  checkExecuteArguments,
  formatAttributes,
  parseAttributes,
  parseExecuteArguments,
} from './index.js'
import type { ExecuteArgument, NotificationAttributes } from './index.js'

/** Argument lists of Execute; without arguments the list must be refused. @see LwM2M Core 1.2 §6.3.5 */
const argumentLists: Readonly<Record<string, { text: string; arguments?: readonly ExecuteArgument[] }>> = {
  'exec-one': { text: '5', arguments: [{ digit: 5 }] },
  'exec-value': { text: "2='10.3'", arguments: [{ digit: 2, value: '10.3' }] },
  'exec-list': {
    text: '0,1,2,3,4',
    arguments: [{ digit: 0 }, { digit: 1 }, { digit: 2 }, { digit: 3 }, { digit: 4 }],
  },
  'exec-mixed': {
    text: "7,0='https://www.omaspecworks.org'",
    arguments: [{ digit: 7 }, { digit: 0, value: 'https://www.omaspecworks.org' }],
  },
  'exec-dup': { text: "1,1='a'" },
  'exec-quote': { text: "0='it's'" },
}

describe.each(Object.entries(argumentLists))('%s', (_id, { text, arguments: wanted }) => {
  const payload = new TextEncoder().encode(text)

  it(wanted ? 'is read, and may be written' : 'is refused, and may not be written', () => {
    if (wanted) expect(parseExecuteArguments(payload)).toEqual(wanted)
    else expect(() => parseExecuteArguments(payload)).toThrow(ProtocolError)
    expect(checkExecuteArguments(text) === undefined).toBe(wanted !== undefined)
  })

  it('is valid or refused, never more, when cut at any byte', () => {
    for (let cut = 0; cut < payload.length; cut++) {
      try {
        parseExecuteArguments(payload.subarray(0, cut))
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError)
      }
    }
  })
})

/** Notification attributes that may or may not stand together. @see LwM2M Core 1.2 §7.3.2 */
const attributeSets: Readonly<Record<string, { attributes: NotificationAttributes; valid: boolean }>> = {
  'attr-gt45st10': { attributes: { gt: 45, st: 10 }, valid: true },
  'attr-lt20gt85st10': { attributes: { lt: 20, gt: 85, st: 10 }, valid: true },
  'attr-lt9gt4': { attributes: { lt: 9, gt: 4 }, valid: false },
  'attr-lt-eq': { attributes: { lt: 5, gt: 5 }, valid: false },
}

describe.each(Object.entries(attributeSets))('%s', (_id, { attributes, valid }) => {
  const query = Object.entries(attributes).map(([name, value]) => `${name}=${value}`)

  it(valid ? 'is accepted both ways' : 'is refused both ways', () => {
    expect(checkAttributes(attributes) === undefined).toBe(valid)
    if (valid) {
      expect(parseAttributes(query)).toEqual(attributes)
      expect(parseAttributes(formatAttributes(attributes))).toEqual(attributes)
    } else {
      expect(() => parseAttributes(query)).toThrow(ProtocolError)
      expect(() => formatAttributes(attributes)).toThrow(RangeError)
    }
  })
})
