import process from 'node:process'
import type { Clock } from '@fieldline/bytes'
import { connectDtls, createDtlsServer } from '@fieldline/dtls'
import type { DtlsClient, DtlsPeer, DtlsServer, DtlsServerOptions, DtlsSession } from '@fieldline/dtls'
import { deviceAddress } from './device-addresses.js'
import type { Cost } from './rounds.js'
import { systemRandom as random } from './system.js'

/** TLS_PSK_WITH_AES_128_CCM_8, which every LwM2M device has. */
const suite = 0xc0a8
const key = Uint8Array.from({ length: 16 }, (_, i) => i)
const text = new TextEncoder()

/** Time stands still, so that nothing is sent twice and no timer costs anything. */
const stillClock: Clock = { now: () => 0, after: () => ({ cancel: () => undefined }) }

/** The port of every device, until a NAT gives it another. */
export const firstPort = 5683

/** A device with its end of the session. Nothing it receives makes it send anything but its handshake. */
export class Device {
  client!: DtlsClient
  /** Where its datagrams come from; a NAT may change it. */
  port = firstPort
  /** The last message it received, and how many there were. */
  last: Uint8Array | undefined
  received = 0

  constructor(
    readonly n: number,
    private readonly send: (bytes: Uint8Array) => void,
  ) {}

  /** Begins a handshake. */
  connect(): void {
    this.client = connectDtls({
      clock: stillClock,
      random,
      suites: [suite],
      cid: new Uint8Array(0),
      psk: { identity: text.encode(`urn:imei:86${String(this.n).padStart(13, '0')}`), key },
      server: { id: '192.0.2.1:5684', address: '192.0.2.1', port: 5684 },
      send: this.send,
      notify: (notice) => {
        if (notice.type !== 'message') return
        this.last = notice.payload
        this.received++
      },
    })
  }
}

/**
 * A DTLS server and its devices in one process without sockets: datagrams lie in a list until the other side is given them, so that the work
 * of each side is timed by itself. Sessions have Connection IDs: 8 bytes towards the server, none towards the devices, as is usual.
 */
export class DtlsFleet {
  server: DtlsServer
  readonly devices = new Map<string, Device>()
  /** Sessions that were opened, in order. */
  sessions: DtlsSession[] = []
  /** What the server received. */
  messages: { readonly payload: Uint8Array; readonly session: DtlsSession }[] = []
  #up: { readonly bytes: Uint8Array; readonly device: Device }[] = []
  #down: { readonly bytes: Uint8Array; readonly to: DtlsPeer }[] = []

  constructor(private readonly options: Partial<DtlsServerOptions> = {}) {
    this.server = this.createServer()
  }

  /** Another server for the same devices; it takes the place of the one before when it is assigned. */
  createServer(): DtlsServer {
    const { limits, ...options } = this.options
    return createDtlsServer({
      clock: stillClock,
      random,
      // a store answers later, if only a little
      psk: async () => key,
      send: (bytes, to) => void this.#down.push({ bytes, to }),
      notify: (notice) => {
        if (notice.type === 'message') this.messages.push(notice)
        else if (notice.type === 'session') this.sessions.push(notice.session)
      },
      // a whole fleet comes at once, and no second of it passes
      limits: { hellosPerSecond: 1e9, helloBurst: 1e9, ...limits },
      ...options,
    })
  }

  /** Device n begins a handshake. */
  connect(n: number): Device {
    const device: Device = new Device(n, (bytes) => void this.#up.push({ bytes, device }))
    this.devices.set(nameOf(device), device)
    device.connect()
    return device
  }

  /** A device's datagrams come from another port from now on. */
  rebind(device: Device): void {
    this.devices.delete(nameOf(device))
    device.port++
    this.devices.set(nameOf(device), device)
  }

  /** Gives the server what the devices have sent; each datagram with a peer of its own, as a socket does. */
  async deliverUp(): Promise<void> {
    const parcels = this.#up
    this.#up = []
    for (const { bytes, device } of parcels)
      this.server.receive(bytes, { id: nameOf(device), address: deviceAddress(device.n), port: device.port })
    await answersOfStores()
  }

  /** Gives the devices what the server has sent. */
  deliverDown(): void {
    const parcels = this.#down
    this.#down = []
    for (const { bytes, to } of parcels) this.devices.get(to.id)?.client.receive(bytes)
  }

  /** The devices are no more, and nobody remembers what they said; their sessions stay. */
  forgetDevices(): void {
    this.devices.clear()
    this.sessions = []
    this.messages = []
    this.#up = []
    this.#down = []
  }

  /**
   * Devices `from` to `to` shake hands, all at once. `timed` runs the server's share of it; returns what that cost, µs of them all. Throws where one
   * has no session in the end.
   */
  async shakeHands(from: number, to: number, timed = cpuOf): Promise<Cost> {
    const before = this.sessions.length
    for (let n = from; n < to; n++) this.connect(n)
    let user = 0
    let system = 0
    while (this.#up.length > 0) {
      const cost = await timed(() => this.deliverUp())
      user += cost.user
      system += cost.system
      this.deliverDown()
    }
    const opened = this.sessions.length - before
    if (opened !== to - from) throw new Error(`${opened} of ${to - from} devices have a session`)
    return { user, system }
  }
}

function nameOf({ n, port }: Device): string {
  return `${deviceAddress(n)}:${port}`
}

/** Waits for what stores answer at once: call-backs of promises. */
async function answersOfStores(): Promise<void> {
  for (let i = 0; i < 4; i++) await Promise.resolve()
}

/** Processor time of this process while `run` ran, µs, garbage collection included. */
export async function cpuOf(run: () => void | Promise<void>): Promise<Cost> {
  const before = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(before)
  return { user, system }
}
