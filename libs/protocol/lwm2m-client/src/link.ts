import type { Clock, Random } from '@fieldline/bytes'
import { RequestError, createCoapEndpoint } from '@fieldline/coap'
import type {
  CoapEndpoint,
  CoapRequest,
  CoapResponse,
  DatagramTransport,
  NotifyResult,
  Peer,
  TransmissionProfile,
} from '@fieldline/coap'

/** A request from the server, its body whole. */
export interface ServerRequest extends CoapRequest {
  readonly token: Uint8Array
}

/** A notification on its way to the server. */
export interface ClientNotification extends CoapResponse {
  readonly token: Uint8Array
}

/**
 * All that the client asks of a CoAP stack: one socket towards one server. Two stacks stand behind it, our own and, in the simulator,
 * node-coap.
 */
export interface ClientLink {
  /** Address and port it speaks from, `127.0.0.1:40001`. */
  readonly localAddress: string
  /** Sends a confirmable request; rejects with `RequestError` when no answer comes. */
  request(request: CoapRequest): Promise<CoapResponse>
  /** Sends a confirmable notification. */
  notify(notification: ClientNotification): Promise<NotifyResult>
  /** Sets who answers the server's requests; called once. A `ProtocolError` is answered with its code. */
  serve(handler: (request: ServerRequest) => CoapResponse): void
  /** False: everything that arrives is lost, as with a radio that is off. */
  hear(on: boolean): void
  close(): Promise<void>
}

export interface LinkOptions {
  readonly transport: DatagramTransport
  readonly server: Peer
  readonly clock: Clock
  readonly random: Random
  readonly profile?: TransmissionProfile
}

/** A transport whose radio can be switched off. */
class Radio implements DatagramTransport {
  on = true
  readonly name
  readonly address
  readonly port

  constructor(private readonly wire: DatagramTransport) {
    this.name = wire.name
    this.address = wire.address
    this.port = wire.port
  }

  send(datagram: Uint8Array, peer: Peer): void {
    this.wire.send(datagram, peer)
  }

  listen(receive: (datagram: Uint8Array, peer: Peer) => void): void {
    this.wire.listen((datagram, peer) => {
      if (this.on) receive(datagram, peer)
    })
  }

  close(): Promise<void> {
    return this.wire.close()
  }
}

/** One client talks to one server: its tables stay small, so that ten thousand of them fit in a process. */
const limits = { maxExchanges: 64, maxAnswerBytes: 64 * 1024, maxPeers: 8, maxPending: 64, maxAssemblies: 4 }

/** Our own CoAP endpoint as a client's link. Takes over the transport. */
export function createLink(options: LinkOptions): ClientLink {
  const { transport, server, clock, random, profile } = options
  const radio = new Radio(transport)
  const endpoint: CoapEndpoint = createCoapEndpoint({ transport: radio, clock, random, profile, limits })
  // A resend of a notification that the server cannot place is all that could come here: nothing to keep.
  endpoint.onNotification(() => 'reset')
  return {
    localAddress: `${transport.address}:${transport.port}`,
    request: (request) => endpoint.request(server, request),
    notify: (notification) =>
      endpoint.notify(server, notification).catch((error: unknown) => {
        if (error instanceof RequestError) return 'timeout'
        throw error
      }),
    serve: (handler) => endpoint.serve((request) => handler(request)),
    hear: (on) => {
      radio.on = on
    },
    close: () => endpoint.close(),
  }
}
