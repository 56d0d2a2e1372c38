import { Code } from '@fieldline/bytes'
import { Type, decodeMessage, encodeMessage, noBytes } from '@fieldline/coap'
import type { CoapMessage, CoapOption, DatagramTransport, Peer } from '@fieldline/coap'
import { peerOf } from '@fieldline/transport'
import { deviceAddress } from './device-addresses.js'

const observeOption = 6
const uriPathOption = 11
const uriQueryOption = 15
const port = 5683
const bytes = new TextEncoder()
const registerQueries = ['lt=86400', 'lwm2m=1.1', 'b=U'].map((text) => bytes.encode(text))
const links = bytes.encode('</>;rt="oma.lwm2m";ct=112,</1/0>,</3/0>,</4/0>,</5/0>,</3424/0>')
const rd = bytes.encode('rd')

/** A transport whose other end is devices that register, and answer every GET with the text `15`. They keep nothing between datagrams. */
export class MemoryDevices implements DatagramTransport {
  readonly name = 'memory'
  readonly address = '127.0.0.1'
  readonly port = port
  /** Registers answered 2.01. */
  registered = 0
  /** Requests to observe that were answered. */
  observed = 0
  /** Notifications that were acknowledged. */
  acknowledged = 0
  /** Answers of any other kind. */
  other = 0
  /** The token a device was asked with last; only where a test notification needs it. */
  lastToken = noBytes
  #receive: ((datagram: Uint8Array, peer: Peer) => void) | undefined

  listen(receive: (datagram: Uint8Array, peer: Peer) => void): void {
    this.#receive = receive
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  /** Device n registers. */
  register(n: number): void {
    const query = [bytes.encode(`ep=urn:imei:86${String(n).padStart(13, '0')}`), ...registerQueries]
    const options: CoapOption[] = [
      { number: uriPathOption, value: rd },
      ...query.map((value) => ({ number: uriQueryOption, value })),
    ]
    const header = { type: Type.Confirmable, code: Code.Post, messageId: n & 0xffff }
    this.#deliver({ ...header, token: Uint8Array.of(n >> 8, n), options, payload: links }, n)
  }

  /** Device n notifies with the last token. */
  notify(n: number): void {
    const options = [{ number: observeOption, value: Uint8Array.of(9) }]
    const header = { type: Type.Confirmable, code: Code.Content, messageId: 0xfffe }
    this.#deliver({ ...header, token: this.lastToken, options, payload: bytes.encode('16') }, n)
  }

  send(datagram: Uint8Array, peer: Peer): void {
    const message = decodeMessage(datagram)
    if (message.type === Type.Acknowledgement) {
      if (message.code === Code.Created) this.registered++
      else if (message.code === Code.Empty) this.acknowledged++
      else this.other++
    } else if (message.type === Type.Confirmable && message.code === Code.Get) this.#answer(message, peer)
    else this.other++
  }

  #answer({ messageId, token, options }: CoapMessage, peer: Peer): void {
    const observing = options.some(({ number }) => number === observeOption)
    if (observing) this.observed++
    this.lastToken = token.slice()
    const answer: CoapMessage = {
      type: Type.Acknowledgement,
      code: Code.Content,
      messageId,
      token,
      options: observing ? [{ number: observeOption, value: Uint8Array.of(1) }] : [],
      payload: bytes.encode('15'),
    }
    // like a socket, never within the sender's own call
    queueMicrotask(() => this.#receive?.(encodeMessage(answer), peer))
  }

  /** A peer is made anew for each datagram, as a socket does. */
  #deliver(message: CoapMessage, n: number): void {
    this.#receive?.(encodeMessage(message), peerOf(deviceAddress(n), port))
  }
}
