export { createMemoryNetwork } from './memory-network.js'
export type { MemoryNetwork, MemoryNetworkOptions } from './memory-network.js'
export { createUdpTransport, peerOf } from './udp-transport.js'
export type { UdpOptions, UdpTransport } from './udp-transport.js'
