import type { Random } from '@fieldline/bytes'
import type { DatagramTransport, Peer } from '@fieldline/coap'
import { createLink } from '@fieldline/lwm2m-client'
import type { ClientLink } from '@fieldline/lwm2m-client'
import { createUdpTransport } from '@fieldline/transport'
import type { SecureSession } from './secure-session.js'
import { systemClock, systemRandom } from './system.js'

/** Where a link begins and ends, and how bad the way is. */
export interface LinkPlace {
  /** Address to speak from. */
  readonly host: string
  readonly server: Peer
  /** Share of datagrams lost in each direction. */
  readonly loss: number
  /** What the meter speaks through; absent: without security. */
  readonly secure?: SecureSession
}

/** A meter receives little: the kernel need not keep megabytes for each. */
const recvBufferBytes = 64 * 1024

/** Loses a share of what passes. */
function lossy(wire: DatagramTransport, loss: number, random: Random): DatagramTransport {
  if (loss === 0) return wire
  const { name, address, port } = wire
  return {
    name,
    address,
    port,
    send: (datagram, peer) => {
      if (random.unit() >= loss) wire.send(datagram, peer)
    },
    listen: (receive) =>
      wire.listen((datagram, peer) => {
        if (random.unit() >= loss) receive(datagram, peer)
      }),
    close: () => wire.close(),
  }
}

/** A link on our own CoAP endpoint, from a new port. */
export async function openOwnLink({ host, server, loss, secure }: LinkPlace): Promise<ClientLink> {
  const udp = await createUdpTransport({ host, port: 0, recvBufferBytes })
  const wire = lossy(udp, loss, systemRandom)
  return createLink({
    transport: secure ? secure.through(wire) : wire,
    server,
    clock: systemClock,
    random: systemRandom,
  })
}
