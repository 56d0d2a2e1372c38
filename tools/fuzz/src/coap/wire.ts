import { Code } from '@fieldline/bytes'
import type { ManualClock } from '@fieldline/bytes'
import { Type, decodeMessage } from '@fieldline/coap'
import type { CoapMessage, DatagramTransport, Peer } from '@fieldline/coap'
import { peerOf } from '@fieldline/transport'
import { BrokenPromise } from '../target.js'
import { echoMark, locationMark } from './messages.js'
import { StepKind } from './script.js'
import type { Step } from '../steps.js'

const port = 5683
const locationPath = 8
const echo = 252
/** A step of time, in milliseconds: within a round trip, between retransmissions, over lifetimes. */
const waits = [1, 100, 1_500, 3_000, 10_000, 46_000, 100_000, 300_000]
/** Turns that promises get after each step: more than any chain of ours has. */
const turns = 12
/** A peer that no script speaks for. */
const honestPeer = 200

/** A transport whose other end is a script: it delivers what the script says, and knows what was last sent to each peer. */
export class Wire implements DatagramTransport {
  readonly name = 'memory'
  readonly address = '127.0.0.1'
  readonly port = port
  readonly #last = new Map<string, Uint8Array>()
  readonly #locations = new Map<string, Uint8Array>()
  readonly #echoes = new Map<string, Uint8Array>()
  #receive: ((datagram: Uint8Array, peer: Peer) => void) | undefined

  constructor(readonly clock: ManualClock) {}

  listen(receive: (datagram: Uint8Array, peer: Peer) => void): void {
    this.#receive = receive
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  send(datagram: Uint8Array, peer: Peer): void {
    let message: CoapMessage
    try {
      message = decodeMessage(datagram)
    } catch {
      throw new BrokenPromise('a datagram that is malformed was sent')
    }
    if (message.type === Type.Acknowledgement && message.code === Code.Empty && message.token.length > 0)
      throw new BrokenPromise('an empty acknowledgement with a token was sent')
    this.#last.set(peer.id, datagram.slice())
    const location = message.options.filter(({ number }) => number === locationPath)[1]?.value
    if (message.code === Code.Created && location?.length === locationMark.length)
      this.#locations.set(peer.id, location.slice())
    const demanded = message.options.find(({ number }) => number === echo)?.value
    if (demanded) this.#echoes.set(peer.id, demanded.slice())
  }

  #lastTo(peer: Peer): CoapMessage | undefined {
    const datagram = this.#last.get(peer.id)
    return datagram && decodeMessage(datagram)
  }

  /** Lets a datagram arrive. */
  deliver(datagram: Uint8Array, peer: Peer): void {
    this.#receive?.(datagram, peer)
  }

  /** Plays a step of the wire or of time; the other kinds are the world's. */
  play(step: Step, peer: Peer): void {
    const last = this.#last.get(peer.id)
    switch (step.kind) {
      case StepKind.Datagram:
      case StepKind.Answer:
      case StepKind.Later:
        this.deliver(this.#fitted(step, peer, last), peer)
        break
      case StepKind.Mirror:
        if (last) this.deliver(last.slice(), peer)
        break
      case StepKind.Wait:
        this.clock.advance(waits[step.argument % waits.length])
    }
  }

  /** The datagram of a step with what only the world knows put into it. */
  #fitted({ kind, bytes }: Step, peer: Peer, last: Uint8Array | undefined): Uint8Array {
    let fitted = bytes.slice()
    replace(fitted, locationMark, this.#locations.get(peer.id))
    replace(fitted, echoMark, this.#echoes.get(peer.id))
    if (kind === StepKind.Datagram || !last || fitted.length < 4) return fitted
    const tokenLength = last[0] & 15
    const ownLength = fitted[0] & 15
    if (tokenLength > 8 || ownLength > 8) return fitted
    const rest = fitted.subarray(Math.min(fitted.length, 4 + ownLength))
    const head = fitted.slice(0, 4)
    head[0] = (head[0] & 0xf0) | tokenLength
    if (kind === StepKind.Answer) head.set(last.subarray(2, 4), 2)
    fitted = new Uint8Array(4 + tokenLength + rest.length)
    fitted.set(head)
    fitted.set(last.subarray(4, 4 + tokenLength), 4)
    fitted.set(rest, 4 + tokenLength)
    return fitted
  }

  /** Lets everything that was promised and is due come to pass. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < turns; turn++) await Promise.resolve()
    this.clock.advance(1)
    for (let turn = 0; turn < turns; turn++) await Promise.resolve()
  }

  /** Sends a well-formed request from a peer of its own and answers what came back. */
  async askHonestly(request: Uint8Array): Promise<CoapMessage | undefined> {
    this.deliver(request, peerAt(honestPeer))
    await this.settle()
    return this.honestAnswer()
  }

  /** What that peer was sent last. */
  honestAnswer(): CoapMessage | undefined {
    return this.#lastTo(peerAt(honestPeer))
  }
}

/** Puts `value` where `mark` stands first, if it is known and as long. */
function replace(bytes: Uint8Array, mark: Uint8Array, value: Uint8Array | undefined): void {
  if (value?.length !== mark.length) return
  for (let at = 0; at + mark.length <= bytes.length; at++) {
    if (mark.every((byte, i) => byte === bytes[at + i])) return bytes.set(value, at)
  }
}

/** Peers that are none: groups, and a port that nobody has. */
const oddPeers = [peerOf('224.0.1.187', 5683), peerOf('ff02::fd', 5683), peerOf('10.0.0.9', 0)]
const firstOddPeer = 5

/** Peer n; the same address for pairs, so that two ports speak from one place. */
export function peerAt(n: number): Peer {
  return oddPeers[n - firstOddPeer] ?? peerOf(`10.0.0.${n >> 1}`, 40_000 + n)
}
