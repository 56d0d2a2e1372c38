import type { ManualClock } from '@fieldline/bytes'
import type { Peer } from '../message.js'
import type { ByteStream, StreamEvents, StreamNetwork } from './byte-stream.js'

/** One end of a pipe; bytes arrive at the other end in pieces of at most `piece`. */
class Pipe implements ByteStream {
  buffered = 0
  other: Pipe | undefined
  #events: StreamEvents | undefined
  isOpen = true

  constructor(
    readonly peer: Peer,
    private readonly clock: ManualClock,
    private readonly piece: number,
  ) {}

  listen(events: StreamEvents): void {
    this.#events = events
  }

  write(bytes: Uint8Array): void {
    const { other } = this
    const copy = bytes.slice()
    this.clock.after(1, () => {
      for (let at = 0; at < copy.length; at += this.piece)
        if (other?.isOpen) other.#events?.data(copy.subarray(at, at + this.piece))
    })
  }

  end(): void {
    this.clock.after(1, () => this.destroy())
  }

  destroy(): void {
    for (const pipe of [this, this.other]) {
      if (!pipe?.isOpen) continue
      pipe.isOpen = false
      pipe.#events?.closed()
    }
  }
}

/** Networks of streams that reach each other by port, in virtual time; `pieceBytes` is how streams like to cut. */
export function createMemoryStreams(clock: ManualClock, pieceBytes = 7) {
  const listeners = new Map<number, (stream: ByteStream) => void>()
  let nextPort = 40_000
  const peerAt = (port: number): Peer => ({ id: `memory:${port}`, address: 'memory', port })
  return {
    peerAt,
    open(port = 0): StreamNetwork {
      return {
        name: 'memory',
        address: 'memory',
        port,
        failedConnections: 0,
        accept: (handler) => void listeners.set(port, handler),
        async connect(peer) {
          const handler = listeners.get(peer.port)
          if (!handler) throw new Error('nobody listens there')
          const here = new Pipe(peer, clock, pieceBytes)
          const there = new Pipe(peerAt(nextPort++), clock, pieceBytes)
          here.other = there
          there.other = here
          clock.after(1, () => handler(there))
          return here
        },
        close: async () => void listeners.delete(port),
      }
    },
  }
}
