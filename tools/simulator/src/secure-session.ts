import { createHmac } from 'node:crypto'
import type { Clock, Random } from '@fieldline/bytes'
import type { DatagramTransport, Peer } from '@fieldline/coap'
import { connectDtls } from '@fieldline/dtls'
import type { DtlsClient, DtlsNotice, ResumableSession } from '@fieldline/dtls'

const keyBytes = 16
/** Messages that wait for a handshake; further ones are lost, as datagrams are. */
const mostWaiting = 16
/** A server that has said nothing for so long to what it has to acknowledge has forgotten the session. */
const forgottenAfterMs = 30_000

/** A pre-shared key: the identity is the endpoint name, as most meters have it. */
export interface MeterKey {
  readonly identity: string
  readonly key: Uint8Array
}

/** The key of a meter, from the secret of its fleet: the same for the same two. */
export function keyOf(secret: string, endpoint: string): MeterKey {
  const key = createHmac('sha256', secret).update(`psk ${endpoint}`).digest().subarray(0, keyBytes)
  return { identity: endpoint, key }
}

export interface SecureSessionOptions {
  readonly clock: Clock
  readonly random: Random
  readonly server: Peer
  readonly key: MeterKey
}

/**
 * A meter's DTLS session. It outlives the sockets that it speaks through: the meter comes from a new port and keeps its Connection ID. Where the
 * server has forgotten it, the next message begins a new one, resumed if the server still can.
 */
export class SecureSession {
  #client: DtlsClient | undefined
  #isOpen = false
  #resumable: ResumableSession | undefined
  #waiting: Uint8Array[] = []
  #unansweredSince: number | undefined
  #wire: DatagramTransport | undefined
  #receive: (message: Uint8Array) => void = () => undefined

  constructor(private readonly options: SecureSessionOptions) {}

  /** The session as a transport through this socket; from now on it speaks through no other. */
  through(wire: DatagramTransport): DatagramTransport {
    const { server } = this.options
    this.#wire = wire
    wire.listen((datagram) => this.#client?.receive(datagram))
    return {
      name: 'dtls',
      address: wire.address,
      port: wire.port,
      send: (message) => this.#send(message),
      listen: (receive) => {
        this.#receive = (message) => receive(message, server)
      },
      close: () => {
        if (this.#wire === wire) this.#wire = undefined
        return wire.close()
      },
    }
  }

  #send(message: Uint8Array): void {
    if (isConfirmable(message)) {
      const now = this.options.clock.now()
      this.#unansweredSince ??= now
      if (now - this.#unansweredSince > forgottenAfterMs) {
        this.#resumable = this.#client?.resumable ?? this.#resumable
        this.#client = undefined
        this.#unansweredSince = now
      }
    }
    if (!this.#client) this.#begin()
    if (this.#isOpen) this.#client?.send(message)
    else if (this.#waiting.length < mostWaiting) this.#waiting.push(message)
  }

  #begin(): void {
    const { clock, random, server, key } = this.options
    this.#isOpen = false
    const client = connectDtls({
      clock,
      random,
      server,
      psk: { identity: new TextEncoder().encode(key.identity), key: key.key },
      cid: new Uint8Array(0),
      resume: this.#resumable,
      send: (datagram) => this.#wire?.send(datagram, server),
      // a session that was given up may still have something to say
      notify: (notice) => {
        if (this.#client === undefined || this.#client === client) this.#heard(notice)
      },
    })
    this.#client = client
  }

  #heard(notice: DtlsNotice): void {
    if (notice.type === 'message') {
      this.#unansweredSince = undefined
      this.#receive(notice.payload)
    } else if (notice.type === 'session') {
      this.#isOpen = true
      this.#resumable = this.#client?.resumable
      for (const message of this.#waiting.splice(0)) this.#client?.send(message)
    } else if (notice.type === 'closed' || notice.type === 'handshake-error') {
      if (notice.type === 'handshake-error') this.#resumable = undefined
      this.#client = undefined
      this.#waiting = []
    }
  }
}

/** @see RFC 7252 §3, the type in the second two bits */
function isConfirmable(message: Uint8Array): boolean {
  return ((message[0] >> 4) & 3) === 0
}
