import type { Random } from '@fieldline/bytes'
import { Buckets } from './buckets.js'
import type { ClientExchange } from './client-exchange.js'
import type { Peer } from './message.js'

const tokenBytes = 8
/** Tokens are drawn from the source of randomness in lots: a call for each would cost more than the rest of a request. */
const lot = 128

/** The first bytes of a token as a small integer. Ours are random, so that they spread; what else a peer sends finds nothing anyway. */
function keyOf(bytes: Uint8Array, start: number, end: number): number {
  let key = end - start
  for (let at = start; at < end && at < start + 4; at++)
    key = ((key << 8) ^ (key >>> 22) ^ bytes[at]) & 0x3fffffff
  return key
}

function isToken(token: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (token.length !== end - start) return false
  for (let i = 0; i < token.length; i++) if (token[i] !== bytes[start + i]) return false
  return true
}

/** Whether two tokens, or entity tags, are the same bytes. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return isToken(a, b, 0, b.length)
}

/** Open exchanges by peer and token: a response matches only if both do (RFC 7252 §5.3.2). */
export class TokenTable {
  readonly #exchanges = new Buckets<ClientExchange>()
  #drawn: Uint8Array = new Uint8Array()
  #at = 0

  constructor(private readonly random: Random) {}

  /** A fresh token, never that of an open exchange with any peer: a view of a lot, to be copied by who keeps it for long. */
  draw(): Uint8Array {
    for (;;) {
      if (this.#at + tokenBytes > this.#drawn.length) {
        this.#drawn = this.random.bytes(tokenBytes * lot)
        this.#at = 0
      }
      const token = new Uint8Array(this.#drawn.buffer, this.#drawn.byteOffset + this.#at, tokenBytes)
      this.#at += tokenBytes
      if (!this.#isOpen(token)) return token
    }
  }

  #isOpen(token: Uint8Array): boolean {
    for (let at = this.#exchanges.first(keyOf(token, 0, token.length)); at; at = at.nextInBucket) {
      if (sameBytes(at.token, token)) return true
    }
    return false
  }

  /** The open exchange with this peer and the token that is in `bytes` from `start` to `end`. */
  find(peer: Peer, bytes: Uint8Array, start = 0, end = bytes.length): ClientExchange | undefined {
    if (this.#exchanges.size === 0) return undefined
    for (let at = this.#exchanges.first(keyOf(bytes, start, end)); at; at = at.nextInBucket) {
      if (isToken(at.token, bytes, start, end) && at.state.peer.id === peer.id) return at
    }
    return undefined
  }

  open(exchange: ClientExchange): void {
    exchange.key = keyOf(exchange.token, 0, exchange.token.length)
    exchange.isOpen = true
    this.#exchanges.add(exchange)
  }

  close(exchange: ClientExchange): void {
    if (!exchange.isOpen) return
    exchange.isOpen = false
    this.#exchanges.remove(exchange)
  }
}
