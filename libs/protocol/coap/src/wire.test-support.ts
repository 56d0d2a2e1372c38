import { Code, ManualClock, seededRandom } from '@fieldline/bytes'
import { createCoapEndpoint } from './endpoint.js'
import { Type, decodeMessage, encodeMessage, noBytes } from './message.js'
import type { CoapMessage, CoapOption, DatagramTransport, Peer } from './message.js'
import type { CoapEndpoint, CoapLimits } from './port.js'
import type { TransmissionProfile } from './profile.js'

/** A peer at the other end of the wire, played by the test byte by byte. */
export const meter: Peer = { id: '192.0.2.7:40001', address: '192.0.2.7', port: 40001 }
export const otherMeter: Peer = { id: '192.0.2.8:40001', address: '192.0.2.8', port: 40001 }

export interface Wire {
  readonly clock: ManualClock
  readonly endpoint: CoapEndpoint
  /** What the endpoint has sent and the test has not taken yet, decoded. */
  readonly sent: { readonly message: CoapMessage; readonly peer: Peer }[]
  /** Gives the endpoint a message. */
  receive(message: Partial<CoapMessage>, from?: Peer): void
  receiveBytes(datagram: Uint8Array, from?: Peer): void
  /** The oldest message sent and not taken; fails if there is none. */
  take(): CoapMessage
  /** Lets promises settle; no time passes. */
  settle(): Promise<void>
}

/** An endpoint on a wire whose other end is the test. */
export function createWire(
  options: {
    limits?: Partial<CoapLimits>
    profile?: TransmissionProfile
    profileOf?: (peer: Peer) => TransmissionProfile | undefined
    oneTokenPerBody?: boolean
    seed?: number
  } = {},
): Wire {
  const clock = new ManualClock()
  let deliver: (datagram: Uint8Array, peer: Peer) => void = () => undefined
  const sent: { message: CoapMessage; peer: Peer }[] = []
  const transport: DatagramTransport = {
    name: 'memory',
    address: '192.0.2.1',
    port: 5683,
    send: (datagram, peer) => sent.push({ message: decodeMessage(datagram), peer }),
    listen: (receive) => {
      deliver = receive
    },
    close: () => Promise.resolve(),
  }
  const { seed = 1, ...rest } = options
  const random = seededRandom(seed)
  const endpoint = createCoapEndpoint({ transport, clock, random, ...rest })
  return {
    clock,
    endpoint,
    sent,
    receive(message, from = meter) {
      const whole: CoapMessage = {
        type: Type.Confirmable,
        code: Code.Get,
        messageId: 1,
        token: noBytes,
        options: [],
        payload: noBytes,
        ...message,
      }
      deliver(encodeMessage(whole), from)
    },
    receiveBytes: (datagram, from = meter) => deliver(datagram, from),
    take() {
      const next = sent.shift()
      if (!next) throw new Error('nothing was sent')
      return next.message
    },
    async settle() {
      for (let i = 0; i < 20; i++) await Promise.resolve()
    },
  }
}

/** An option from its number and bytes or text. */
export function option(number: number, value: string | readonly number[] = []): CoapOption {
  return {
    number,
    value: typeof value === 'string' ? new TextEncoder().encode(value) : Uint8Array.from(value),
  }
}

/** The bytes of an option, or undefined. */
export function valueOf(message: CoapMessage, number: number): number[] | undefined {
  const found = message.options.find((candidate) => candidate.number === number)
  return found && [...found.value]
}

/** `length` bytes that differ from block to block. */
export function sampleBody(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff)
}

/** A Block1 (27) or Block2 (23) option. */
export function blockOption(number: number, num: number, more: boolean, szx: number): CoapOption {
  const value = (num << 4) | (more ? 8 : 0) | szx
  if (value === 0) return option(number)
  return option(number, value < 256 ? [value] : [value >> 8, value & 255])
}
