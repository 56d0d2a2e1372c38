export { createDtlsClientTransport, createDtlsServerTransport } from './dtls-transport.js'
export type {
  DtlsClientTransportOptions,
  DtlsObserver,
  DtlsServerTransport,
  DtlsServerTransportOptions,
  DtlsTransportPeer,
} from './dtls-transport.js'
export { joinTransports } from './joined-transport.js'
export { createMemoryNetwork } from './memory-network.js'
export type { MemoryNetwork, MemoryNetworkOptions } from './memory-network.js'
export { peerOf } from './known-peers.js'
export { createTcpNetwork, createTlsNetwork } from './tcp-network.js'
export type { TcpOptions, TlsNetworkOptions } from './tcp-network.js'
export { createUdpTransport } from './udp-transport.js'
export type { UdpOptions, UdpTransport } from './udp-transport.js'
