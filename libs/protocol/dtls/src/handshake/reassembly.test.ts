import { seededRandom } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { HandshakeType } from '../wire.js'
import type { Fragment } from './message.js'
import { Reassembly } from './reassembly.js'

const type = HandshakeType.Certificate
const piece = (body: Uint8Array, offset: number, end: number, messageSequence = 0): Fragment => ({
  type,
  length: body.length,
  messageSequence,
  offset,
  bytes: body.subarray(offset, end),
})

describe('reassembly', () => {
  it('puts messages together from fragments in any order, overlapping and repeated', () => {
    const random = seededRandom(5)
    for (let round = 0; round < 100; round++) {
      const body = random.bytes(1 + Math.floor(random.unit() * 600))
      const reassembly = new Reassembly()
      const pieces: Fragment[] = []
      for (let at = 0; at < body.length; at += 40)
        pieces.push(piece(body, at, Math.min(body.length, at + 40 + Math.floor(random.unit() * 30))))
      pieces.sort(() => random.unit() - 0.5)
      for (const [i, one] of [...pieces, pieces[0]].entries()) {
        if (i < pieces.length - 1) reassembly.add(one, 0)
        else if (i === pieces.length - 1) reassembly.add(one, 0)
      }
      expect(reassembly.peek()?.body).toEqual(body)
    }
  })

  it('does not call a message whole while a byte is missing', () => {
    const body = new Uint8Array(100).fill(1)
    const reassembly = new Reassembly()
    reassembly.add(piece(body, 0, 50), 0)
    reassembly.add(piece(body, 51, 100), 0)
    expect(reassembly.peek()).toBeUndefined()
    reassembly.add(piece(body, 50, 51), 0)
    expect(reassembly.peek()).toBeDefined()
  })

  it('holds little: too long, too far ahead, too many bytes in all, too many gaps are not kept', () => {
    const reassembly = new Reassembly()
    expect(reassembly.add(piece(new Uint8Array(8193), 0, 1), 0)).toBe(false)
    expect(reassembly.add(piece(new Uint8Array(10), 0, 1, 6), 0)).toBe(false)
    const large = new Uint8Array(8192)
    expect(reassembly.add(piece(large, 0, 1, 0), 0)).toBe(true)
    expect(reassembly.add(piece(large, 0, 1, 1), 0)).toBe(true)
    expect(reassembly.add(piece(large, 0, 1, 2), 0)).toBe(false)
    for (let i = 0; i < 33; i++) reassembly.add(piece(large, 2 * i, 2 * i + 1), 0)
    expect(reassembly.add(piece(large, 0, 1, 2), 0)).toBe(true)
  })

  it('has room for the next message, whatever is said to come after it', () => {
    const reassembly = new Reassembly()
    for (const ahead of [4, 5]) expect(reassembly.add(piece(new Uint8Array(8192), 0, 1, ahead), 0)).toBe(true)
    const body = Uint8Array.of(1, 2, 3)
    expect(reassembly.add(piece(body, 0, 3), 0)).toBe(true)
    expect(reassembly.peek()?.body).toEqual(body)
    // which costs no more than what is furthest
    expect(reassembly.add(piece(new Uint8Array(8192), 0, 1, 3), 0)).toBe(true)
    expect(reassembly.add(piece(new Uint8Array(8192), 0, 1, 5), 0)).toBe(false)
  })

  it('lets a forged fragment neither block the true message nor replace an authentic one', () => {
    const body = Uint8Array.of(1, 2, 3)
    const reassembly = new Reassembly()
    reassembly.add(piece(new Uint8Array(7), 0, 1), 0)
    reassembly.add(piece(body, 0, 3), 0)
    expect(reassembly.peek()?.body).toEqual(body)
    reassembly.add(piece(body, 0, 3), 1)
    expect(reassembly.add(piece(new Uint8Array(9), 0, 9), 0)).toBe(false)
    expect(reassembly.peek()).toMatchObject({ epoch: 1, body })
  })
})
