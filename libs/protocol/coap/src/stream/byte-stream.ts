import type { Peer } from '../message.js'

/** What happens to a stream. After `closed` nothing more happens. */
export interface StreamEvents {
  /** Bytes arrived. They are not used after the call. */
  data(bytes: Uint8Array): void
  closed(): void
}

/** One connection: bytes in order, both ways. Nothing of it throws. */
export interface ByteStream {
  readonly peer: Peer
  /** Bytes written that have not left yet: a peer that does not read lets them grow. */
  readonly buffered: number
  write(bytes: Uint8Array): void
  /** Ends it after what was written. */
  end(): void
  /** Ends it at once. */
  destroy(): void
  /** Called once, before the stream is used. */
  listen(events: StreamEvents): void
}

/** Where connections come from. */
export interface StreamNetwork {
  readonly name: 'tcp' | 'tls' | 'memory'
  /** The address and port it listens on; port 0 if it only connects. */
  readonly address: string
  readonly port: number
  /** Connections of peers that came to nothing before `accept` heard of them, such as failed TLS handshakes. */
  readonly failedConnections: number
  /** Called once: who is told of every connection that a peer opens. */
  accept(handler: (stream: ByteStream) => void): void
  /** Opens a connection. Rejects if there is none to be had. */
  connect(peer: Peer): Promise<ByteStream>
  close(): Promise<void>
}
