import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import type { Road } from './pair.test-support.js'

const host = '127.0.0.1'

/** A NAT on a real socket between one client and a server; what happens to datagrams on their way is a `Road`. */
export class Nat {
  /** Every datagram of the client comes from a port of its own from now on. */
  forgetful = false
  readonly #front = createSocket('udp4')
  /** The newest is the client's address; the older ones still take what comes late. */
  readonly #backs: Socket[] = []
  readonly #timers = new Set<NodeJS.Timeout>()
  #client: { port: number; address: string } | undefined

  private constructor(
    private readonly serverPort: number,
    private readonly road: Road,
  ) {}

  static async start(serverPort: number, road: Road = (bytes) => [{ bytes, afterMs: 0 }]): Promise<Nat> {
    const nat = new Nat(serverPort, road)
    nat.#front.on('message', (datagram, from) => {
      nat.#client = from
      if (nat.forgetful || nat.#backs.length === 0) nat.#rebind()
      const back = nat.#backs.at(-1)
      nat.#pass(datagram, 'up', (bytes) => back?.send(bytes, serverPort, host))
    })
    await new Promise<void>((resolve) => nat.#front.bind(0, host, resolve))
    return nat
  }

  get port(): number {
    return this.#front.address().port
  }

  #rebind(): void {
    // it binds itself to a free port when it sends first
    const back = createSocket('udp4')
    back.on('message', (datagram) =>
      this.#pass(datagram, 'down', (bytes) => {
        if (this.#client) this.#front.send(bytes, this.#client.port, this.#client.address)
      }),
    )
    this.#backs.push(back)
  }

  #pass(datagram: Uint8Array, direction: 'up' | 'down', send: (bytes: Uint8Array) => void): void {
    for (const { bytes, afterMs } of this.road(datagram, direction)) {
      const timer = setTimeout(() => {
        this.#timers.delete(timer)
        send(bytes)
      }, afterMs)
      this.#timers.add(timer)
    }
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#front.close()
    for (const back of this.#backs) back.close()
  }
}
