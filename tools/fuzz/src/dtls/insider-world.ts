import { ManualClock, fromHex, seededRandom } from '@fieldline/bytes'
import { connectDtls, createDtlsServer } from '@fieldline/dtls'
import type { DtlsClient, DtlsNotice, DtlsPeer, DtlsSession } from '@fieldline/dtls'
import { sameBytes } from '../bytes.js'
import { Chance } from '../chance.js'
import { mutate } from '../mutate.js'
import type { Step } from '../steps.js'
import { BrokenPromise } from '../target.js'
import { bodies, pskIdentity, pskKey } from './credentials.js'
import { Insider } from './insider.js'
import type { Manner, Twist } from './insider.js'
import { InsiderStep } from './script.js'
import { handshakeType, readHello, recordType, writeHello } from './wire.js'

const peer: DtlsPeer = { id: '10.0.0.1:1', address: '10.0.0.1', port: 1 }
const timers = { initialMs: 1_000, maxMs: 4_000, retransmissions: 3 }
const waits = [1, 600, 1_000, 2_000, 5_000, 20_000, 100_000, 400_000]
const bodyOf = (bytes: Uint8Array): Uint8Array[] => (bytes.length > 0 ? [bytes] : [new Uint8Array(1)])
const others = bodies.map(([, body]) => body)
const fatal = 2

const extensionTypes = [0, 0, 0, 10, 11, 13, 19, 20, 22, 23, 54, 0xff01, 0x1234]
/** Bodies of server_name: two names, an address, a name of another kind, an empty list, and so on. */
const nameBodies = ['', '0000', '000400000161', '00080000016100000162', '000a0000076d657465722d31', '000a000007312e322e332e34', '000401000161', '00060000032e2e2e', '000501000161ff'] // prettier-ignore

/** What a hello's extension holds that nobody expects. */
function strangeBody(bytes: Uint8Array): Uint8Array {
  const way = bytes[2] ?? 0
  return way & 1 ? bytes.subarray(3) : fromHex(nameBodies[(way >> 1) % nameBodies.length])
}

/** What a step does to the plaintext of its message: nothing, an extension more or less, another body, or changes of bytes. */
function twistOf({ argument, bytes }: Step, role: Insider['role']): Twist | undefined {
  if (bytes.length === 0) return undefined
  const way = argument >> 5
  if (way === 0) return () => bytes
  if (way < 5)
    return (body) => {
      const hello = readHello(role === 'client' ? handshakeType.clientHello : handshakeType.serverHello, body)
      if (!hello) return body
      if (way === 4) hello.extensions.splice((bytes[1] ?? 0) % 8, 1)
      else
        hello.extensions.push([extensionTypes[(bytes[1] ?? 0) % extensionTypes.length], strangeBody(bytes)])
      return writeHello(hello)
    }
  return (body) => mutate(body, new Chance(argument, bytes[0]), [...bodyOf(bytes), ...others], 3_000)
}

/** How the insider is: from the bits of a script's first bytes. */
function mannerOf(flags: number): Manner {
  return {
    suite: flags & 1 ? 0x00a8 : 0xc0a8,
    ems: (flags & 2) === 0,
    cid: flags & 4 ? (flags & 8 ? new Uint8Array(0) : Uint8Array.of(1, 2, 3)) : undefined,
    name: (flags & 16) !== 0,
    renegotiation: (flags & 32) !== 0,
    sessionId: new Uint8Array(flags & 64 ? 32 : 0).fill(7),
  }
}

/** One end of ours, at the other one somebody who knows the key and says what the script says. */
export class InsiderWorld {
  readonly #clock = new ManualClock(1_800_000_000_000)
  readonly #random = seededRandom(5)
  readonly #insider: Insider
  readonly #messages: Uint8Array[] = []
  readonly #sealed: Uint8Array[] = []
  #session: DtlsSession | undefined
  #client: DtlsClient | undefined
  readonly #receive: (datagram: Uint8Array) => void
  readonly #say: (message: Uint8Array) => void
  readonly #close: () => void

  constructor(flags: number, isServer: boolean) {
    const manner = mannerOf(flags)
    const role = isServer ? 'server' : 'client'
    // the other end has its own number of datagrams on the way, so that none answers itself
    const queue: Uint8Array[] = []
    const out = (datagram: Uint8Array): void => void queue.push(datagram)
    this.#insider = new Insider(role, manner, pskKey, (datagram) => {
      this.#receive(datagram)
      for (let next = queue.shift(); next; next = queue.shift()) this.#insider.hear(next)
    }, flags + 1) // prettier-ignore
    const notify = (notice: DtlsNotice): void => this.#notice(notice)
    const shared = { clock: this.#clock, random: this.#random, timers, notify }
    if (isServer) {
      const client = connectDtls({
        ...shared,
        server: peer,
        send: out,
        psk: { identity: pskIdentity, key: pskKey },
        suites: [0xc0a8, 0x00a8],
        serverName: manner.name ? 'a.b' : undefined,
        cid: manner.cid ? Uint8Array.of(9) : undefined,
      })
      this.#client = client
      this.#receive = (datagram) => client.receive(datagram)
      this.#say = (message) => client.send(message)
      this.#close = () => client.close()
      for (let next = queue.shift(); next; next = queue.shift()) this.#insider.hear(next)
      return
    }
    const server = createDtlsServer({
      ...shared,
      send: out,
      psk: (identity) => (sameBytes(identity, pskIdentity) ? pskKey : undefined),
      cid: { length: 6 },
      limits: { failedOpens: 4 },
    })
    this.#receive = (datagram) => server.receive(datagram, peer)
    this.#say = (message) => {
      if (this.#session) server.send(message, this.#session)
    }
    this.#close = () => {
      if (this.#session) server.close(this.#session)
    }
  }

  #notice(notice: DtlsNotice): void {
    if (notice.type === 'session') {
      if (!this.#insider.hasProved)
        throw new BrokenPromise('a session with somebody who did not prove key and transcript')
      this.#session = notice.session
    } else if (notice.type === 'closed') this.#session = undefined
    else if (notice.type === 'message') {
      this.#messages.push(notice.payload)
      if (!this.#sealed.some((one) => sameBytes(one, notice.payload)))
        throw new BrokenPromise('a message that was not sent')
    }
  }

  play(steps: readonly Step[]): void {
    for (const step of steps) this.#step(step)
    this.#clock.advance(120_000)
  }

  #step(step: Step): void {
    const { kind, argument, bytes } = step
    const insider = this.#insider
    const twist = twistOf(step, insider.role)
    switch (kind) {
      case InsiderStep.Hello:
        return insider.hello(twist)
      case InsiderStep.HelloVerify:
        return insider.helloVerify(twist)
      case InsiderStep.Hint:
        return insider.hint(twist)
      case InsiderStep.Done:
        return insider.done(twist)
      case InsiderStep.KeyExchange:
        return insider.keyExchange(pskIdentity, twist)
      case InsiderStep.Change:
        return insider.change()
      case InsiderStep.Finished:
        return insider.finished(twist)
      case InsiderStep.Seal: {
        const type = [recordType.data, recordType.alert, recordType.handshake, recordType.change, argument][
          argument % 5
        ]
        if (type === recordType.alert && bytes[0] === fatal) this.#sealed.push(bytes)
        this.#sealed.push(bytes)
        return insider.seal(type, bytes, [0, 0, argument, -50][argument >> 6], (argument >> 3) & 3)
      }
      case InsiderStep.Wait:
        return this.#clock.advance(waits[argument % waits.length])
      case InsiderStep.Say:
        return this.#say(bytes)
      default:
        return this.#close()
    }
  }
}
