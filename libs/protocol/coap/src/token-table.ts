import type { Random } from '@fieldline/bytes'
import type { ClientExchange } from './client-exchange.js'
import type { Peer } from './message.js'

const tokenBytes = 8

/** A token as a map key. */
function tokenKey(token: Uint8Array): string {
  let key = ''
  for (let i = 0; i < token.length; i++) key += String.fromCharCode(token[i])
  return key
}

/** Open exchanges by peer and token: a response matches only if both do (RFC 7252 §5.3.2). */
export class TokenTable {
  readonly #exchanges = new Map<string, ClientExchange>()
  readonly #open = new Set<string>()

  constructor(private readonly random: Random) {}

  /** A fresh token, never that of an open exchange with any peer. */
  draw(): Uint8Array {
    for (;;) {
      const token = this.random.bytes(tokenBytes)
      if (!this.#open.has(tokenKey(token))) return token
    }
  }

  /** The open exchange with this peer and token. */
  find(peer: Peer, token: Uint8Array): ClientExchange | undefined {
    return this.#exchanges.size === 0 ? undefined : this.#exchanges.get(tokenKey(token) + peer.id)
  }

  open(exchange: ClientExchange): void {
    const key = tokenKey(exchange.token)
    this.#exchanges.set(key + exchange.state.peer.id, exchange)
    this.#open.add(key)
  }

  close(exchange: ClientExchange): void {
    const key = tokenKey(exchange.token)
    if (this.#exchanges.get(key + exchange.state.peer.id) !== exchange) return
    this.#exchanges.delete(key + exchange.state.peer.id)
    this.#open.delete(key)
  }
}
