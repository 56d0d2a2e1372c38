import { Code, ManualClock, seededRandom } from '@fieldline/bytes'
import { createCoapEndpoint, encodeMessage } from '@fieldline/coap'
import type { CoapOption } from '@fieldline/coap'
import { startLwM2mServer } from '@fieldline/lwm2m-server'
import type { DownlinkOperation, LwM2mServer, Observation } from '@fieldline/lwm2m-server'
import { pathOf } from '@fieldline/object-model'
import type { Node } from '@fieldline/object-model'
import { BrokenPromise } from '../target.js'
import { StepKind, peerCount } from './script.js'
import type { Step } from '../steps.js'
import { Wire, peerAt } from './wire.js'

const text = new TextEncoder()
const endMs = 200_000

/** An LwM2M Server whose stores are in memory, and fail now and then. */
class ServerWorld {
  readonly #clock = new ManualClock()
  readonly #wire = new Wire(this.#clock)
  readonly #operations = new Map<string, DownlinkOperation[]>()
  readonly #devices = new Map<string, string>()
  readonly #observations: Observation[] = []
  readonly #failEvery: number
  #calls = 0
  #server: LwM2mServer | undefined

  constructor(private readonly flags: number) {
    this.#failEvery = flags & 1 ? 5 : 0
  }

  /** A store at work: done, or failed, a little later. */
  async #store(): Promise<void> {
    if (this.flags & 2) await new Promise<void>((resolve) => this.#clock.after(20, resolve))
    if (this.#failEvery > 0 && ++this.#calls % this.#failEvery === 0) throw new Error('the store is away')
  }

  async #start(): Promise<LwM2mServer> {
    const random = seededRandom(this.flags + 1)
    const clock = this.#clock
    const endpoint = createCoapEndpoint({ transport: this.#wire, clock, random })
    return startLwM2mServer({
      endpoint,
      clock,
      random,
      registrations: {
        load: async () => [],
        register: async ({ endpoint: name }) => {
          await this.#store()
          if (name === 'refused') return undefined
          const deviceId = this.#devices.get(name) ?? `device-${this.#devices.size}`
          this.#devices.set(name, deviceId)
          return { deviceId, organisationId: 'o' }
        },
        update: () => this.#store(),
        end: () => this.#store(),
        contentFormatLearned: () => {},
      },
      observations: {
        load: async () => [],
        add: async (added) => {
          await this.#store()
          this.#observations.push(...added)
        },
        remove: () => this.#store(),
      },
      operations: {
        devicesWaiting: async () => [],
        next: async ({ deviceId }) => {
          await this.#store()
          return this.#operations.get(deviceId)?.[0]
        },
        sending: async () => {
          await this.#store()
          return true
        },
        finish: async (operation) => {
          for (const waiting of this.#operations.values()) {
            const at = waiting.indexOf(operation)
            if (at >= 0) waiting.splice(at, 1)
          }
        },
      },
      sink: { write: () => this.#store() },
      events: {
        contact: () => {},
        nameConflict: () => {},
        observationEnded: () => {},
        observationBegan: () => {},
        failed: () => {},
      },
      afterRegister: () =>
        this.flags & 4
          ? { reads: [pathOf(3, 0)], observations: [{ path: pathOf(3, 0, 9), pmin: 1, pmax: 60 }, { path: pathOf(3424, 0) }] }
          : { reads: [], observations: [] }, // prettier-ignore
    })
  }

  async play(steps: readonly Step[]): Promise<void> {
    this.#server = await this.#start()
    for (const step of steps) {
      const peer = peerAt(step.argument % peerCount)
      if (step.kind === StepKind.Ask) this.#queue(step.argument >> 3, [...this.#devices.values()][step.argument % peerCount])
      else if (step.kind === StepKind.Tell) this.#server.forget([`device-${step.argument % peerCount}`])
      else this.#wire.play(step, peer)
      await this.#wire.settle()
    } // prettier-ignore
    await this.#end()
  }

  /** Leaves a request for a device in the store. */
  #queue(way: number, deviceId: string | undefined): void {
    if (deviceId === undefined) return
    const id = `operation-${this.#calls}-${way}`
    const node: Node = { path: pathOf(1, 0, 1), type: 'integer', value: 300 }
    const ways: readonly DownlinkOperation[] = [
      { id, kind: 'read', path: pathOf(3, 0) },
      { id, kind: 'read', path: pathOf(3, 0, 9) },
      { id, kind: 'write', path: pathOf(1, 0, 1), nodes: [node] },
      { id, kind: 'execute', path: pathOf(3, 0, 4) },
      { id, kind: 'discover', path: pathOf(3) },
      { id, kind: 'observe', path: pathOf(3424, 0, 1) },
      { id, kind: 'cancel-observe', path: pathOf(3424, 0, 1) },
      { id, kind: 'write', path: pathOf(3, 0), nodes: [] },
    ]
    const waiting = this.#operations.get(deviceId) ?? []
    waiting.push(ways[way % ways.length])
    this.#operations.set(deviceId, waiting)
    this.#server?.operationsQueued([deviceId])
  }

  /** Whatever a script did: a device that registers now is registered, and its Update is taken. */
  async #end(): Promise<void> {
    this.#clock.advance(endMs)
    await this.#wire.settle()
    const option = (number: number, value: string): CoapOption => ({ number, value: text.encode(value) })
    const query = ['ep=honest', 'lt=60', 'lwm2m=1.1', 'b=U'].map((part) => option(15, part))
    const header = { type: 0, code: Code.Post, token: Uint8Array.of(1) } as const
    let location: readonly CoapOption[] = []
    // a store that is away now and then answers the second or third time
    for (let trial = 0; location.length === 0 && trial < 4; trial++) {
      const registered = await this.#ask({ ...header, messageId: 100 + trial, options: [option(11, 'rd'), ...query], payload: text.encode('</1/0>,</3/0>') }) // prettier-ignore
      location = registered?.options.filter(({ number }) => number === 8) ?? []
    }
    if (location.length !== 2) throw new BrokenPromise('an honest device cannot register any more')
    const path = location.map(({ value }) => ({ number: 11, value }))
    const updated = await this.#ask({ ...header, messageId: 200, options: path, payload: new Uint8Array(0) })
    if (updated?.code !== Code.Changed || updated.messageId !== 200)
      throw new BrokenPromise('an honest device cannot update its registration any more')
    await this.#server?.close()
  }

  async #ask(message: Parameters<typeof encodeMessage>[0]): ReturnType<Wire['askHonestly']> {
    const answer = await this.#wire.askHonestly(encodeMessage(message))
    // a store that takes its time
    if (!(this.flags & 2) || answer?.messageId === message.messageId) return answer
    this.#clock.advance(25)
    await this.#wire.settle()
    return this.#wire.honestAnswer()
  }
}

/** Plays a script with an LwM2M Server; `flags` choose its stores and what it asks of who registers. */
export function playWithServer(flags: number, steps: readonly Step[]): Promise<void> {
  return new ServerWorld(flags).play(steps)
}
