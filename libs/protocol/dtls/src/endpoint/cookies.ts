import { timingSafeEqual } from 'node:crypto'
import type { Random } from '@fieldline/bytes'
import { hmacSha256 } from '../crypto/prf.js'
import type { ClientHello } from '../handshake/hello.js'
import { concat, copyOf, noBytes } from '../wire.js'

/** One byte says which secret, the rest is the MAC. */
const macLength = 20

/**
 * Cookies that prove an address without remembering it: a MAC over the address and the ClientHello under a secret that changes. A cookie
 * serves for one to two periods (RFC 6347 §4.2.1).
 */
export class Cookies {
  #secrets: [Uint8Array, Uint8Array]
  #generation = 0
  #changeAt = Number.NEGATIVE_INFINITY

  constructor(
    private readonly random: Random,
    private readonly periodMs: number,
  ) {
    this.#secrets = [random.bytes(32), random.bytes(32)]
  }

  /** The cookie for a ClientHello from an address. */
  issue(hello: ClientHello, body: Uint8Array, address: string, now: number): Uint8Array {
    this.#rotate(now)
    return this.#cookie(this.#generation, this.#secrets[0], hello, body, address)
  }

  /** Whether the hello's cookie was made for it and its address, not long ago. */
  isValid(hello: ClientHello, body: Uint8Array, address: string, now: number): boolean {
    this.#rotate(now)
    if (hello.cookie.length !== 1 + macLength) return false
    const age = (this.#generation - hello.cookie[0]) & 0xff
    if (age > 1) return false
    const wanted = this.#cookie(hello.cookie[0], this.#secrets[age], hello, body, address)
    return timingSafeEqual(wanted, hello.cookie)
  }

  #cookie(
    generation: number,
    secret: Uint8Array,
    hello: ClientHello,
    body: Uint8Array,
    address: string,
  ): Uint8Array {
    // everything but the cookie itself, which is gone from the first hello and there in the second (RFC 6347 §4.2.1)
    const cookieAt = 2 + 32 + 1 + hello.sessionId.length
    const mac = hmacSha256(
      secret,
      new TextEncoder().encode(`${address}\n`),
      body.subarray(0, cookieAt),
      body.subarray(cookieAt + 1 + hello.cookie.length),
    )
    return concat(Uint8Array.of(generation), mac.subarray(0, macLength))
  }

  #rotate(now: number): void {
    if (now < this.#changeAt) return
    // after two periods of silence both secrets are old
    const both = now >= this.#changeAt + this.periodMs
    this.#secrets = [
      copyOf(this.random.bytes(32)),
      both ? copyOf(this.random.bytes(32)) : (this.#secrets[0] ?? noBytes),
    ]
    this.#generation = (this.#generation + (both ? 2 : 1)) & 0xff
    this.#changeAt = now + this.periodMs
  }
}
