import type { DatagramTransport, Peer } from '@fieldline/coap'

/**
 * Two transports as one, so that one endpoint serves a port without and a port with security: a client is the same wherever it comes from. Peers
 * whose id begins with the name of `sessions` and a colon are its own, all others those of `open`, whose address is the joined one. Both carry
 * datagrams: that a stream is `ordered`, or takes longer parts, would be lost.
 */
export function joinTransports(open: DatagramTransport, sessions: DatagramTransport): DatagramTransport {
  const own = `${sessions.name}:`
  const of = (peer: Peer): DatagramTransport => (peer.id.startsWith(own) ? sessions : open)
  return {
    name: open.name,
    address: open.address,
    port: open.port,
    reaches: (peer) => of(peer).reaches?.(peer) !== false,
    send: (datagram, peer) => of(peer).send(datagram, peer),
    listen(receive, gone) {
      open.listen(receive, gone)
      sessions.listen(receive, gone)
    },
    close: async () => void (await Promise.all([open.close(), sessions.close()])),
  }
}
