import { createHmac } from 'node:crypto'
import type { Clock, Random } from '@fieldline/bytes'

const secretBytes = 32
const timeBytes = 6
const macBytes = 8

/**
 * Echo values of a server that keeps nothing about them: the time they were made, and a code under a secret that binds them to the time and the
 * peer (RFC 9175 Appendix A, integrity-protected timestamp). The secret is that of one endpoint and dies with it.
 */
export class EchoValues {
  readonly #secret: Uint8Array

  constructor(
    random: Random,
    private readonly clock: Clock,
  ) {
    this.#secret = random.bytes(secretBytes)
  }

  /** A value for this peer, made now; 14 bytes. */
  make(peerId: string): Uint8Array {
    const value = new Uint8Array(timeBytes + macBytes)
    const view = new DataView(value.buffer)
    const now = this.clock.now()
    view.setUint16(0, Math.floor(now / 2 ** 32))
    view.setUint32(2, now % 2 ** 32)
    value.set(this.#mac(value.subarray(0, timeBytes), peerId), timeBytes)
    return value
  }

  /** Milliseconds since `value` was made for this peer; undefined if it was not. */
  age(value: Uint8Array, peerId: string): number | undefined {
    if (value.length !== timeBytes + macBytes) return undefined
    const expected = this.#mac(value.subarray(0, timeBytes), peerId)
    let difference = 0
    for (let i = 0; i < macBytes; i++) difference |= expected[i] ^ value[timeBytes + i]
    if (difference !== 0) return undefined
    const view = new DataView(value.buffer, value.byteOffset)
    return this.clock.now() - (view.getUint16(0) * 2 ** 32 + view.getUint32(2))
  }

  #mac(time: Uint8Array, peerId: string): Uint8Array {
    return createHmac('sha256', this.#secret).update(time).update(peerId).digest().subarray(0, macBytes)
  }
}
