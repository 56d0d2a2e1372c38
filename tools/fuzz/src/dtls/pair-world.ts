import { ManualClock, ProtocolError, seededRandom } from '@fieldline/bytes'
import { connectDtls, createDtlsServer, defaultLimits, explainFailure } from '@fieldline/dtls'
import type {
  DtlsClient,
  DtlsNotice,
  DtlsPeer,
  DtlsServer,
  DtlsSession,
  ResumableSession,
  SessionSnapshot,
} from '@fieldline/dtls'
import type { Step } from '../steps.js'
import { BrokenPromise } from '../target.js'
import { bodies } from './credentials.js'
import { clientOptions, narrow, serverOptions } from './pair-options.js'
import { PairStep } from './script.js'
import { tamper } from './tamper.js'
import { Watch } from './watch.js'
import { plainMessage } from './wire.js'

const noBytes = new Uint8Array(0)
const links = 4
const waits = [1, 400, 1_000, 2_000, 10_000, 70_000, 200_000, 90_000_000]
const patienceMs = 60_000
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

interface Link {
  peer: DtlsPeer
  client: DtlsClient | undefined
  /** The session that the client believes to have. */
  session: DtlsSession | undefined
  readonly up: Uint8Array[]
  readonly down: Uint8Array[]
  readonly said: Set<string>
  readonly heard: Set<string>
  resumable: ResumableSession | undefined
}

/** Another address each time. */
const peerAt = (n: number, port: number): DtlsPeer => {
  const address = `10.0.0.${n}`
  return { id: `${address}:${port}`, address, port }
}

/** A server and its clients, all of them honest, and a network that is not. */
export class PairWorld {
  readonly #clock = new ManualClock(1_800_000_000_000)
  readonly #links: Link[]
  readonly #history: Uint8Array[] = [noBytes]
  readonly #watch: Watch
  readonly #open = new Set<DtlsSession>()
  readonly #questions: ((variant: number) => void)[] = []
  readonly #stored = new Map<DtlsSession, SessionSnapshot>()
  readonly #writing = new Map<DtlsSession, SessionSnapshot>()
  readonly #toClient = new Set<string>()
  /** Who was at the other end when a session opened. */
  readonly #openedBy = new WeakMap<DtlsSession, DtlsClient>()
  #server: DtlsServer
  /** Whose message is going out. */
  #speaking: DtlsSession | undefined
  #late: boolean
  #spoken = 0
  #port = 40_000

  constructor(private readonly flags: number) {
    this.#late = (flags & 1) !== 0
    this.#watch = new Watch(this.#clock, flags & 8 ? 0 : defaultLimits.unverifiedBytes)
    this.#server = this.#serve(flags)
    this.#links = Array.from({ length: links }, (_, n) => ({
      peer: peerAt(n, this.#port++),
      client: undefined,
      session: undefined,
      up: [],
      down: [],
      said: new Set<string>(),
      heard: new Set<string>(),
      resumable: undefined,
    }))
  }

  #serve(flags: number): DtlsServer {
    const server: DtlsServer = createDtlsServer({
      clock: this.#clock,
      random: seededRandom(flags + this.#port++),
      send: (datagram, to) => {
        this.#watch.sent(datagram, to, this.#speaking)
        this.#history.push(datagram)
        this.#links.find(({ peer }) => peer.id === to.id)?.down.push(datagram)
      },
      notify: (notice) => {
        if (server === this.#server) this.#notice(notice)
      },
      ...serverOptions(flags, (right, wrong) => this.#answer(right, wrong)),
    })
    return server
  }

  #opener(session: DtlsSession, client: DtlsClient | undefined): void {
    if (client) this.#openedBy.set(session, client)
  }

  #answer<T>(right: T, wrong: T): T | Promise<T> {
    if (!this.#late) return right
    return new Promise((resolve, reject) =>
      this.#questions.push((variant) =>
        variant === 0 ? reject(new Error('away')) : resolve(variant === 1 ? wrong : right),
      ),
    )
  }

  #notice(notice: DtlsNotice): void {
    if (notice.type === 'session') {
      if (!this.#links.some(({ client }) => client)) throw new BrokenPromise('a session with nobody')
      if (notice.session.identity.kind === 'anonymous' && (this.flags & 96) !== 96)
        throw new BrokenPromise('a session with somebody who proved nothing')
      this.#open.add(notice.session)
      this.#opener(notice.session, this.#links.find(({ peer }) => peer.id === notice.session.peer.id)?.client)
      this.#watch.opened(notice.session)
    } else if (notice.type === 'closed') {
      this.#open.delete(notice.session)
      // whoever stores snapshots forgets them with their session
      this.#stored.delete(notice.session)
      this.#writing.delete(notice.session)
      this.#watch.closed(notice.session)
    } else if (notice.type === 'handshake-error') {
      if (!explainFailure(notice.failure)) throw new BrokenPromise(`${notice.failure} has no sentence`)
    } else if (notice.type === 'migrated') this.#watch.moved(notice.session)
    else if (notice.type === 'message') {
      const said = text(notice.payload)
      const link = this.#links.find((one) => one.said.has(said))
      if (!link) throw new BrokenPromise('a message that nobody said')
      if (link.heard.has(said)) throw new BrokenPromise('a message that was said once came twice')
      link.heard.add(said)
    }
  }

  async play(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      this.#step(step)
      await settle()
      this.#watch.settle()
      if (this.flags & 8 && this.#server.handshakeCount > narrow.handshakes)
        throw new BrokenPromise('more handshakes than allowed')
    }
    await this.#end()
  }

  #step({ kind, argument, bytes }: Step): void {
    const link = this.#links[argument % links]
    const rest = argument >> 2
    switch (kind) {
      case PairStep.Connect:
        return this.#connect(link, bytes)
      case PairStep.Deliver:
        for (let left = rest; left >= 0; left--) {
          this.#arrive(link, 'up', link.up.shift())
          this.#arrive(link, 'down', link.down.shift())
        }
        return
      case PairStep.Tamper: {
        const way = rest & 1 ? 'up' : 'down'
        const next = link[way].shift()
        return next && this.#arrive(link, way, tamper(next, bytes, this.#history, bodies))
      }
      case PairStep.Drop:
        return void (rest & 1 ? link.up : link.down).shift()
      case PairStep.Replay:
        return this.#arrive(
          link,
          rest & 1 ? 'up' : 'down',
          this.#history.at(-((bytes[0] ?? rest) % this.#history.length)),
        )
      case PairStep.Wait:
        return this.#clock.advance(waits[rest % waits.length])
      case PairStep.Say:
        return this.#say(link, rest, bytes.length > 0 ? bytes[0] * 80 : 0)
      case PairStep.End:
        return this.#close(link, rest)
      case PairStep.Save:
        return this.#save(rest)
      case PairStep.Move:
        link.peer = peerAt(argument % links, this.#port++)
        return
      case PairStep.Answer:
        return this.#questions.shift()?.(rest % 4)
      case PairStep.Forge: {
        const forged = plainMessage(bytes[0] ?? 1, rest % 8, bytes.subarray(1), rest)
        return this.#arrive(link, rest & 32 ? 'up' : 'down', rest & 16 ? bytes : forged)
      }
      case PairStep.Swap:
        link.up.reverse()
        link.down.reverse()
    }
  }

  #arrive(link: Link, way: 'up' | 'down', datagram: Uint8Array | undefined): void {
    if (!datagram) return
    if (way === 'down') return link.client?.receive(datagram)
    const before = this.#server.counters.handshakesStarted
    this.#watch.received(datagram, link.peer)
    this.#server.receive(datagram, link.peer)
    if (this.#server.counters.handshakesStarted > before) this.#watch.proved(link.peer)
    this.#watch.settle()
  }

  #connect(link: Link, choices: Uint8Array): void {
    link.client = link.session = undefined
    link.up.length = link.down.length = 0
    const client: DtlsClient = connectDtls({
      clock: this.#clock,
      random: seededRandom(this.flags * 7 + this.#port++),
      server: peerAt(99, 5_684),
      send: (datagram) => {
        if (link.client && link.client !== client) return
        this.#history.push(datagram)
        link.up.push(datagram)
      },
      notify: (notice) => this.#heardByClient(link, client, notice),
      ...clientOptions(choices, link.resumable, () => this.#answer(true, false)),
    })
    link.client = client
  }

  #heardByClient(link: Link, client: DtlsClient, notice: DtlsNotice): void {
    if (notice.type === 'session') {
      if (link.client && link.client !== client) return
      link.session = notice.session
      link.resumable = client.resumable ?? link.resumable
    } else if (notice.type === 'closed' && link.session === notice.session) link.session = undefined
    else if (notice.type === 'message') {
      const said = text(notice.payload)
      if (!this.#toClient.has(said)) throw new BrokenPromise('a client heard what nobody said')
      // each is said once
      this.#toClient.delete(said)
    }
  }

  #say(link: Link, way: number, padding: number): void {
    const said = `${this.#spoken++} ${'x'.repeat(padding)}`
    const session = this.#sessionOf(link)
    if (way & 1) {
      link.said.add(said)
      link.client?.send(ascii(said))
    } else if (session) {
      this.#toClient.add(said)
      this.#as(session, () => this.#server.send(ascii(said), session))
    }
  }

  /** Sends as the owner of a session, so that it is known whose numbers are used. */
  #as<T>(session: DtlsSession, run: () => T): T {
    this.#speaking = session
    try {
      return run()
    } finally {
      this.#speaking = undefined
    }
  }

  /** The newest at its address: there may be others of those who had the address before. */
  #sessionOf(link: Link): DtlsSession | undefined {
    return [...this.#open].findLast(({ peer }) => peer.id === link.peer.id)
  }

  #close(link: Link, way: number): void {
    const session = this.#sessionOf(link)
    if (way % 4 === 0) link.client?.close()
    else if (way % 4 === 1 && session) this.#as(session, () => this.#server.close(session))
    // more than one session may have this identity: one was resumed
    else if (way % 4 === 2 && session) this.#server.forget((identity) => identity === session.identity)
    else this.#server.send(ascii('to nobody'), { ...(session ?? { id: 99 }), id: 99 } as DtlsSession)
  }

  /** Snapshots are written, stored, stored and confirmed; or the process is killed, with the last ones stored or not. */
  #save(way: number): void {
    if (way % 4 === 3) return this.#kill(way >> 2)
    for (const session of this.#server.sessions()) {
      const snapshot = this.#server.export(session)
      if (!snapshot) continue
      this.#writing.set(session, snapshot)
      if (way % 4 === 0) continue
      this.#stored.set(session, snapshot)
      if (way % 4 === 2) this.#server.confirmExport(session, snapshot.generation)
    }
  }

  #kill(way: number): void {
    if (way & 1) this.#server.shutdown()
    const old = this.#server
    const alive = new Set(old.sessions())
    this.#watch.killed()
    this.#open.clear()
    // what came after the last snapshot may come again
    for (const link of this.#links) link.heard.clear()
    this.#server = this.#serve(this.flags)
    if (!(way & 1)) old.shutdown()
    const restored = new Map<DtlsSession, SessionSnapshot>()
    for (const [session, snapshot] of this.#stored) {
      const last = way & 2 ? (this.#writing.get(session) ?? snapshot) : snapshot
      if (alive.size > 0 && !alive.has(session)) continue
      try {
        const again = this.#server.import(last.bytes)
        restored.set(again, last)
        this.#open.add(again)
        this.#opener(again, this.#openedBy.get(session))
        this.#watch.restored(again, session)
      } catch (error) {
        if (!(error instanceof RangeError || error instanceof ProtocolError)) throw error
      }
    }
    this.#stored.clear()
    this.#writing.clear()
    for (const [session, snapshot] of restored) this.#stored.set(session, snapshot)
  }

  /** From here on everybody is honest: what is open on both sides works, nothing is left half done, and a new client is served. */
  async #end(): Promise<void> {
    this.#late = false
    for (let passed = 0; passed < patienceMs; passed += 1_000) {
      for (const question of this.#questions.splice(0)) question(2)
      this.#exchange()
      await settle()
      this.#clock.advance(1_000)
    }
    if (this.#server.handshakeCount > 0) throw new BrokenPromise('a handshake that never ends')
    if (this.flags & 8 && this.#server.sessionCount > narrow.sessions)
      throw new BrokenPromise('more sessions than allowed')
    if (this.#open.size !== this.#server.sessionCount)
      throw new BrokenPromise('sessions were opened or closed without a word')
    this.#save(2)
    for (const link of this.#links) this.#bothWays(link)
    await this.#serveAnother()
  }

  #exchange(): void {
    for (let round = 0; round < 4; round++)
      for (const link of this.#links) {
        for (const datagram of link.up.splice(0)) this.#arrive(link, 'up', datagram)
        for (const datagram of link.down.splice(0)) this.#arrive(link, 'down', datagram)
      }
  }

  #bothWays(link: Link): void {
    const session = this.#sessionOf(link)
    if (!link.session || !session || !link.client) return
    // whose resumption came to nothing cannot know it, and the server goes on with the session before
    if (this.#openedBy.get(session) !== link.client) return
    const up = `up ${this.#spoken++}`
    link.said.add(up)
    link.client.send(ascii(up))
    this.#exchange()
    if (!link.heard.has(up))
      throw new BrokenPromise('both ends have a session, and the server does not understand')
    if (session.peer.id !== link.peer.id || !session.isOpen) return
    const down = `down ${this.#spoken++}`
    this.#toClient.add(down)
    const went = this.#as(session, () => this.#server.send(ascii(down), session))
    this.#exchange()
    if (went && this.#toClient.has(down))
      throw new BrokenPromise('both ends have a session, and the client does not understand')
  }

  async #serveAnother(): Promise<void> {
    const peer = peerAt(200, 1)
    const link: Link = { ...this.#links[0], peer, client: undefined, session: undefined, up: [], down: [] }
    this.#links.push(link)
    this.#connect(link, Uint8Array.of(0, 0, 0))
    for (let round = 0; round < 4; round++) {
      this.#exchange()
      await settle()
    }
    if (!link.session || !this.#sessionOf(link)) throw new BrokenPromise('the server serves nobody any more')
    this.#bothWays(link)
    this.#server.shutdown()
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await Promise.resolve()
}
