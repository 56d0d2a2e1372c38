import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock, Random } from '@fieldline/bytes'
import { connectDtls } from './client/client.js'
import type { DtlsClient, DtlsClientOptions } from './client/client.js'
import type { DtlsNotice } from './driver.js'
import { createDtlsServer } from './endpoint/server.js'
import type { DtlsServer, DtlsServerOptions } from './endpoint/server.js'
import type { DtlsPeer } from './identity.js'
import type { DtlsSession } from './session/session.js'

/** The machine's time, for tests with programs that have no other. */
export const machineClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    return { cancel: () => clearTimeout(timer) }
  },
}
export const machineRandom: Random = {
  bytes: (length) => Uint8Array.from(randomBytes(length)),
  unit: () => randomBytes(4).readUInt32BE() / 2 ** 32,
}

const text = new TextEncoder()
const utf8 = new TextDecoder()

/** Whether a program is on the PATH; says so loudly if not. */
export function hasProgram(name: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' })
    return true
  } catch {
    process.stderr.write(`\n*** ${name} is not installed: its interoperability tests do not run ***\n`)
    return false
  }
}

/** The program that an environment variable names; says so loudly if none is named. */
export function givenProgram(variable: string): string | undefined {
  const path = process.env[variable]
  if (path) return path
  process.stderr.write(`\n*** ${variable} names no program: its interoperability tests do not run ***\n`)
  return undefined
}

/** Waits until `condition` holds; rejects with what `describe` says after `ms`. */
export async function until(condition: () => boolean, describe: () => string, ms = 8_000): Promise<void> {
  const end = Date.now() + ms
  while (!condition()) {
    if (Date.now() > end) throw new Error(`not in time: ${describe()}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

const bind = (socket: Socket): Promise<void> => new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve))

/** A server of ours on a real socket that answers each message with `echo:` before it. */
export class UdpServer {
  readonly notices: DtlsNotice[] = []
  /** Every session that was opened, with what it said. */
  readonly sessions: { session: DtlsSession; messages: string[] }[] = []
  readonly #socket = createSocket('udp4')
  #server!: DtlsServer
  /** Turns a message into its answer; undefined gives none. */
  respond: (message: Uint8Array) => Uint8Array | undefined = (message) =>
    text.encode(`echo:${utf8.decode(message)}`)

  static async start(
    options: Partial<Omit<DtlsServerOptions, 'clock' | 'random' | 'send' | 'notify'>>,
  ): Promise<UdpServer> {
    const udp = new UdpServer()
    await bind(udp.#socket)
    udp.#server = createDtlsServer({
      clock: machineClock,
      random: machineRandom,
      send: (datagram, to) => udp.#socket.send(datagram, to.port, to.address),
      notify: (notice) => udp.#notice(notice),
      ...options,
    })
    udp.#socket.on('message', (datagram, from) =>
      udp.#server.receive(datagram, {
        id: `${from.address}:${from.port}`,
        address: from.address,
        port: from.port,
      }),
    )
    return udp
  }

  get port(): number {
    return this.#socket.address().port
  }

  get server(): DtlsServer {
    return this.#server
  }

  #notice(notice: DtlsNotice): void {
    this.notices.push(notice)
    if (notice.type === 'session') this.sessions.push({ session: notice.session, messages: [] })
    if (notice.type !== 'message') return
    this.sessions
      .find(({ session }) => session === notice.session)
      ?.messages.push(utf8.decode(notice.payload))
    const answer = this.respond(notice.payload)
    if (answer) this.#server.send(answer, notice.session)
  }

  close(): void {
    this.#server.shutdown()
    this.#socket.close()
  }
}

/** A client of ours on a real socket. */
export class UdpClient {
  readonly notices: DtlsNotice[] = []
  readonly messages: string[] = []
  readonly #socket = createSocket('udp4')
  #closed = false
  client!: DtlsClient

  static async connect(
    port: number,
    options: Omit<DtlsClientOptions, 'clock' | 'random' | 'send' | 'notify' | 'server'>,
  ): Promise<UdpClient> {
    const udp = new UdpClient()
    await bind(udp.#socket)
    udp.#socket.on('message', (datagram) => udp.client?.receive(datagram))
    const server: DtlsPeer = { id: `127.0.0.1:${port}`, address: '127.0.0.1', port }
    udp.client = connectDtls({
      clock: machineClock,
      random: machineRandom,
      server,
      send: (datagram) => udp.#socket.send(datagram, port, '127.0.0.1'),
      notify: (notice) => {
        udp.notices.push(notice)
        if (notice.type === 'message') udp.messages.push(utf8.decode(notice.payload))
      },
      timers: { initialMs: 300, maxMs: 2_000, retransmissions: 4 },
      ...options,
    })
    return udp
  }

  /** The session, once there is one; rejects with why there is none. */
  async opened(): Promise<DtlsSession> {
    const over = (): DtlsNotice | undefined =>
      this.notices.find(({ type }) => type === 'session' || type === 'handshake-error')
    await until(
      () => over() !== undefined,
      () => 'no session',
    )
    const notice = over()
    if (notice?.type === 'session') return notice.session
    throw new Error(JSON.stringify(notice))
  }

  send(message: string | Uint8Array): void {
    this.client.send(typeof message === 'string' ? text.encode(message) : message)
  }

  async heard(wanted: string): Promise<void> {
    await until(
      () => this.messages.join('').includes(wanted),
      () => JSON.stringify(this.messages),
    )
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.client.close()
    // the answer to close_notify finds the socket still there
    setTimeout(() => this.#socket.close(), 100)
  }
}

/** Another stack's program. */
export class Program {
  output = ''
  #ended = false
  readonly #child: ChildProcess

  constructor(command: string, args: readonly string[], directory?: string) {
    this.#child = spawn(command, args, { cwd: directory, stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString('latin1')))
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.output += chunk.toString('latin1')))
    this.#child.stdin?.on('error', () => (this.#ended = true))
    this.#child.on('close', () => (this.#ended = true))
    this.#child.on('error', () => (this.#ended = true))
  }

  write(line: string): void {
    this.#child.stdin?.write(line)
  }

  /** Nothing more will be written. */
  end(): void {
    this.#child.stdin?.end()
  }

  /** Waits for something in its output. */
  async says(wanted: string | RegExp): Promise<void> {
    await until(
      () => this.output.search(wanted) >= 0,
      () => `${wanted} in: ${this.output.slice(-2_000)}`,
    )
  }

  async ended(): Promise<void> {
    await until(
      () => this.#ended,
      () => `end of: ${this.output.slice(-2_000)}`,
    )
  }

  stop(): void {
    if (!this.#ended) this.#child.kill('SIGKILL')
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  await bind(socket)
  const { port } = socket.address()
  await new Promise<void>((resolve) => socket.close(() => resolve()))
  return port
}

/** A new folder with `ca.pem`, and key, certificate and public key of `server` and `client`, made by openssl. */
export function makeKeys(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fieldline-dtls-'))
  const openssl = (...args: string[]): Buffer => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'ca.key')
  openssl('req', '-x509', '-new', '-key', 'ca.key', '-subj', '/CN=ca', '-days', '30', '-out', 'ca.pem')
  for (const name of ['server', 'client']) {
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`)
    openssl('req', '-new', '-key', `${name}.key`, '-subj', `/CN=${name}`, '-out', `${name}.csr`)
    openssl(
      ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key'],
      ...['-CAcreateserial', '-days', '30', '-out', `${name}.pem`],
    )
    openssl('ec', '-in', `${name}.key`, '-pubout', '-out', `${name}.pub.pem`)
  }
  return folder
}
