import { connect as connectTcp, createServer as createTcpServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import type { ConnectionOptions, TLSSocket, TlsOptions } from 'node:tls'
import type { ByteStream, Peer, StreamEvents, StreamNetwork } from '@fieldline/coap'
import { peerOf } from './known-peers.js'

/** Where connections are taken. */
export interface TcpOptions {
  /** An IP address of this machine; without it nothing listens, and the network only connects. */
  readonly host?: string
  /** 0 takes any free port. */
  readonly port?: number
  /** How long a connection may take to be opened, TLS included; milliseconds. */
  readonly connectTimeoutMs?: number
}

/** As above, over TLS. */
export interface TlsNetworkOptions extends TcpOptions {
  /** Certificate and key of the listening side. */
  readonly server?: TlsOptions
  /** What the connecting side trusts, and shows of itself. */
  readonly client?: ConnectionOptions
}

const defaultConnectTimeoutMs = 20_000
/** How long a connection that is ended may stand still before all of it has left, milliseconds. */
const lingerMs = 1_000
/** ALPN protocol of CoAP over TLS (RFC 8323 §8.2). */
const alpn = ['coap']

/** TCP connections (coap+tcp). Rejects with the system's error if `host` and `port` cannot be bound. */
export function createTcpNetwork(options: TcpOptions): Promise<StreamNetwork> {
  const server = options.host === undefined ? undefined : createTcpServer()
  return SocketNetwork.listen('tcp', options, server, 'connection', (peer) =>
    connectTcp({ host: peer.address, port: peer.port }),
  )
}

/** TLS connections (coaps+tcp). A peer that negotiates a protocol other than `coap` is refused; one that negotiates none is taken. */
export function createTlsNetwork(options: TlsNetworkOptions): Promise<StreamNetwork> {
  const handshakeTimeout = options.connectTimeoutMs ?? defaultConnectTimeoutMs
  const server =
    options.host === undefined
      ? undefined
      : createTlsServer({ ALPNProtocols: alpn, handshakeTimeout, ...options.server })
  return SocketNetwork.listen('tls', options, server, 'secureConnection', (peer) =>
    connectTls({ host: peer.address, port: peer.port, ALPNProtocols: alpn, ...options.client }),
  )
}

class SocketNetwork implements StreamNetwork {
  readonly address: string
  readonly port: number
  failedConnections = 0
  readonly #open = new Set<Socket>()
  #accept: (stream: ByteStream) => void = (stream) => stream.destroy()

  static async listen(
    name: 'tcp' | 'tls',
    options: TcpOptions,
    server: Server | undefined,
    connected: 'connection' | 'secureConnection',
    dial: (peer: Peer) => Socket | TLSSocket,
  ): Promise<SocketNetwork> {
    if (server)
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen({ host: options.host, port: options.port ?? 0 }, () => {
          server.removeListener('error', reject)
          resolve()
        })
      })
    return new SocketNetwork(name, options, server, connected, dial)
  }

  private constructor(
    readonly name: 'tcp' | 'tls',
    private readonly options: TcpOptions,
    private readonly server: Server | undefined,
    connected: 'connection' | 'secureConnection',
    private readonly dial: (peer: Peer) => Socket | TLSSocket,
  ) {
    const bound = server?.address()
    this.address = typeof bound === 'object' && bound ? bound.address : ''
    this.port = typeof bound === 'object' && bound ? bound.port : 0
    // errors of the listening socket and of handshakes belong to single connections
    server?.on('error', () => this.failedConnections++)
    server?.on('tlsClientError', () => this.failedConnections++)
    // also those whose handshake never ends
    server?.on('connection', (socket: Socket) => this.#track(socket))
    server?.on(connected, (socket: Socket) => this.#accept(streamOf(socket)))
  }

  accept(handler: (stream: ByteStream) => void): void {
    this.#accept = handler
  }

  connect(peer: Peer): Promise<ByteStream> {
    return new Promise((resolve, reject) => {
      const socket = this.dial(peer)
      this.#track(socket)
      const ready = this.name === 'tls' ? 'secureConnect' : 'connect'
      const refuse = (error: Error): void => {
        socket.destroy()
        reject(error)
      }
      socket.setTimeout(this.options.connectTimeoutMs ?? defaultConnectTimeoutMs, () =>
        refuse(new Error('no connection in time')),
      )
      socket.once('error', refuse)
      socket.once(ready, () => {
        socket.setTimeout(0)
        socket.removeListener('error', refuse)
        resolve(streamOf(socket, peer))
      })
    })
  }

  #track(socket: Socket): void {
    this.#open.add(socket)
    socket.once('close', () => this.#open.delete(socket))
  }

  async close(): Promise<void> {
    const { server } = this
    const closed = server && new Promise<void>((resolve) => server.close(() => resolve()))
    for (const socket of this.#open) endSoon(socket)
    await closed
  }
}

/** What was written last may leave; who does not read it is not waited for. */
function endSoon(socket: Socket): void {
  socket.setTimeout(lingerMs, () => socket.destroy())
  socket.destroySoon()
}

function streamOf(
  socket: Socket,
  peer = peerOf(socket.remoteAddress ?? '', socket.remotePort ?? 0),
): ByteStream {
  socket.setNoDelay(true)
  return new SocketStream(socket, peer)
}

class SocketStream implements ByteStream {
  constructor(
    private readonly socket: Socket,
    readonly peer: Peer,
  ) {
    // the stream says that it is closed; why is nobody's concern
    socket.on('error', () => undefined)
  }

  get buffered(): number {
    return this.socket.writableLength
  }

  write(bytes: Uint8Array): void {
    if (this.socket.writable) this.socket.write(bytes)
  }

  end(): void {
    endSoon(this.socket)
  }

  destroy(): void {
    this.socket.destroy()
  }

  listen({ data, closed }: StreamEvents): void {
    this.socket.on('data', data)
    this.socket.once('close', closed)
  }
}
