import type { Random } from '@fieldline/bytes'
import type { DtlsCounters } from '../counters.js'
import { readClientHello, readHelloHead, writeHelloVerifyRequest } from '../handshake/hello.js'
import type { HelloHead } from '../handshake/hello.js'
import { readFragments, wholeMessage } from '../handshake/message.js'
import type { Fragment } from '../handshake/message.js'
import { longestBody } from '../handshake/reassembly.js'
import type { FirstMessage } from '../handshake/server-handshake.js'
import type { DtlsPeer } from '../identity.js'
import { plainRecord } from '../record/record.js'
import type { RecordView } from '../record/record.js'
import { ContentType, HandshakeType, Version } from '../wire.js'
import { Cookies } from './cookies.js'
import type { ServerLimits } from './limits.js'
import { RateLimit } from './rate-limit.js'
import { sourceOf } from './source.js'

/** Message numbers far from where they would run over; a client that begins sends 0, then 1. */
const lastMessageSequence = 0x7fff

/** What a ClientHello's record is: something to be dropped, a later fragment, a HelloVerifyRequest to send, or a proof of its address. */
export type Arrival =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'later-fragment' }
  | { readonly kind: 'unproved'; readonly answer: Uint8Array }
  | { readonly kind: 'proved'; readonly first: FirstMessage }

const nothing: Arrival = { kind: 'nothing' }

/**
 * Receives ClientHellos of strangers and keeps nothing of them. A hello that comes in fragments is answered by its first one alone, which is long
 * enough for it: the cookie stands before everything that makes a hello long. So the answer is always shorter than what it answers.
 */
export class Reception {
  readonly #cookies: Cookies
  readonly #rate: RateLimit

  constructor(
    random: Random,
    limits: ServerLimits,
    private readonly counters: DtlsCounters,
  ) {
    this.#cookies = new Cookies(random, limits.cookiePeriodMs)
    this.#rate = new RateLimit(limits.hellosPerSecond, limits.helloBurst)
  }

  /** Whether a source may be answered now; counted if not. */
  admit(from: DtlsPeer, now: number): boolean {
    const admitted = this.#rate.admit(sourceOf(from.address), now)
    if (!admitted) this.counters.rateLimited++
    return admitted
  }

  /** A record of epoch 0 that begins with a fragment of a ClientHello. Never throws. */
  receive(record: RecordView, from: DtlsPeer, now: number): Arrival {
    let fragment: Fragment
    let head: HelloHead
    try {
      ;[fragment] = readFragments(record.fragment)
      if (fragment.offset > 0) return { kind: 'later-fragment' }
      const { length, bytes, messageSequence } = fragment
      if (length > longestBody(HandshakeType.ClientHello) || messageSequence > lastMessageSequence) {
        this.counters.unreadableHellos++
        return nothing
      }
      // whatever is wrong with what is here can be seen before anybody is answered
      if (bytes.length === length) readClientHello(bytes)
      head = readHelloHead(bytes)
    } catch {
      // not authenticated, so not answered: anyone can send anything in another's name
      this.counters.discarded++
      return nothing
    }
    const rest = fragment.bytes.length === fragment.length ? head.afterCookie : undefined
    const proof = this.#cookies.recognise(head, from.id, now)
    if (proof && (!rest || proof.fits(rest))) {
      const { messageSequence } = fragment
      const first = { random: head.random, messageSequence, recordSequence: record.sequence, cookie: proof }
      return { kind: 'proved', first }
    }
    if (!this.admit(from, now)) return nothing
    this.counters.cookiesSent++
    const cookie = this.#cookies.issue(head, rest, from.id, now)
    const request = wholeMessage(
      HandshakeType.HelloVerifyRequest,
      fragment.messageSequence,
      writeHelloVerifyRequest(cookie),
    )
    // numbers and version as the client's (RFC 6347 §4.2.1)
    const answer = plainRecord(ContentType.Handshake, record.sequence, request, Version.Dtls10)
    return { kind: 'unproved', answer }
  }
}
