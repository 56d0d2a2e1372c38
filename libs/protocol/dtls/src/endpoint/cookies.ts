import { timingSafeEqual } from 'node:crypto'
import type { Random } from '@fieldline/bytes'
import { hmacSha256 } from '../crypto/prf.js'
import type { HelloHead } from '../handshake/hello.js'
import { concat, copyOf, noBytes, sameBytes } from '../wire.js'

/** A cookie: one byte says which secret, eight belong to what follows the cookie in the hello, the rest is the MAC over all and the address. */
const restLength = 8
const macLength = 16
const cookieLength = 1 + restLength + macLength
/** In the place of `restLength` bytes: the first hello came in fragments, its rest was not seen. */
const unseen = new Uint8Array(restLength)

/** What a MAC is for stands before what it is made of. */
const restLabel = Buffer.from('rest\n')

/** A cookie that was recognised. */
export interface ProvedCookie {
  /** Whether the hello goes on behind its cookie as the first one did, as far as that is known. */
  fits(rest: Uint8Array): boolean
}

/**
 * Cookies that prove an address without remembering it: a MAC over the address and the ClientHello under a secret that changes. A cookie
 * serves for one to two periods (RFC 6347 §4.2.1).
 *
 * Everything in the hello but the cookie itself is bound (version, random and session id, then what follows), in two parts: a hello with its
 * cookie may be too long for one record, and its address is to be proved by its first fragment, before anything is kept of it.
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

  /** The cookie for a ClientHello from an address; `rest` follows the cookie and is undefined where it was not in the same record. */
  issue(head: HelloHead, rest: Uint8Array | undefined, address: string, now: number): Uint8Array {
    this.#rotate(now)
    const [secret] = this.#secrets
    return cookieOf(this.#generation, secret, head, rest ? restOf(secret, rest) : unseen, address)
  }

  /** Whether the hello's cookie was made for its head and its address, not long ago; undefined if not. */
  recognise(head: HelloHead, address: string, now: number): ProvedCookie | undefined {
    this.#rotate(now)
    const { cookie } = head
    if (cookie.length !== cookieLength) return undefined
    const age = (this.#generation - cookie[0]) & 0xff
    if (age > 1) return undefined
    const secret = this.#secrets[age]
    const bound = copyOf(cookie.subarray(1, 1 + restLength))
    if (!timingSafeEqual(cookieOf(cookie[0], secret, head, bound, address), cookie)) return undefined
    return { fits: (rest) => sameBytes(bound, unseen) || timingSafeEqual(bound, restOf(secret, rest)) }
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

function restOf(secret: Uint8Array, rest: Uint8Array): Uint8Array {
  return hmacSha256(secret, restLabel, rest).subarray(0, restLength)
}

function cookieOf(
  generation: number,
  secret: Uint8Array,
  { beforeCookie }: HelloHead,
  rest: Uint8Array,
  address: string,
): Uint8Array {
  const mac = hmacSha256(secret, Buffer.from(`head\n${address}\n`), rest, beforeCookie)
  return concat(Uint8Array.of(generation), rest, mac.subarray(0, macLength))
}
