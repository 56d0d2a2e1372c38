import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import type { Random } from '@fieldline/bytes'

/** What a proxy does to the datagrams that pass it, in both directions. Probabilities are between 0 and 1. */
export interface Troubles {
  readonly loss?: number
  readonly duplicate?: number
  /** Held back for up to 30 ms, so that others overtake. */
  readonly reorder?: number
}

/** A UDP proxy as a NAT is one: the server sees one address per client, until it is rebound. */
export interface UdpProxy {
  readonly port: number
  /** Gives every client another address towards the server, as a NAT does that has forgotten. */
  rebind(): Promise<void>
  close(): Promise<void>
}

const host = '127.0.0.1'
const heldMs = 30

function bound(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.bind(0, host, () => resolve()))
}

/** Opens a proxy for one client to `serverPort`. */
export async function createUdpProxy(
  serverPort: number,
  random: Random,
  troubles: Troubles = {},
): Promise<UdpProxy> {
  const { loss = 0, duplicate = 0, reorder = 0 } = troubles
  const front = createSocket('udp4')
  let back = createSocket('udp4')
  let client: { port: number; address: string } | undefined
  const timers = new Set<NodeJS.Timeout>()

  const pass = (send: () => void): void => {
    for (const chance of [1 - loss, duplicate]) {
      if (random.unit() >= chance) continue
      if (random.unit() >= reorder) send()
      else {
        const timer = setTimeout(() => {
          timers.delete(timer)
          send()
        }, random.unit() * heldMs)
        timers.add(timer)
      }
    }
  }
  const listenBack = (socket: Socket): void => {
    socket.on('message', (datagram) => {
      const to = client
      if (to) pass(() => front.send(datagram, to.port, to.address))
    })
  }
  front.on('message', (datagram, from) => {
    client = from
    pass(() => back.send(datagram, serverPort, host))
  })
  listenBack(back)
  await Promise.all([bound(front), bound(back)])
  return {
    port: front.address().port,
    async rebind() {
      const fresh = createSocket('udp4')
      listenBack(fresh)
      await bound(fresh)
      const old = back
      back = fresh
      old.close()
    },
    close: async () => {
      for (const timer of timers) clearTimeout(timer)
      await Promise.all(
        [front, back].map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))),
      )
    },
  }
}
