import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { Agent, createServer } from 'coap'
import type { IncomingMessage, OutgoingMessage } from 'coap'
import { Code, ProtocolError, formatCode } from '@fieldline/bytes'
import { RequestError, noBytes } from '@fieldline/coap'
import type { CoapRequest, CoapResponse, NotifyResult } from '@fieldline/coap'
import type { ClientLink, ClientNotification, ServerRequest } from '@fieldline/lwm2m-client'
import type { LinkPlace } from './own-link.js'

/** Methods by code, as node-coap names them. */
const methods = ['', 'GET', 'POST', 'PUT', 'DELETE', 'FETCH', 'PATCH', 'iPATCH'] as const
/** MAX_TRANSMIT_WAIT of RFC 7252; node-coap itself waits 247 s. */
const patienceMs = 93_000
/** A body that does not fit one datagram leaves in blocks of 1024 bytes: block 0, SZX 6. */
const firstBlock = Buffer.from([6])
const blockSize = 1024
const acknowledgementType = 2
const resetType = 3

/** node-coap turns the numbers of formats it knows into their names. */
const formatNumbers: ReadonlyMap<string, number> = new Map([
  ['text/plain', 0],
  ['application/link-format', 40],
  ['application/octet-stream', 42],
  ['application/json', 50],
  ['application/cbor', 60],
  ['application/senml+json', 110],
  ['application/senml+cbor', 112],
  ['application/senml-etch+json', 320],
  ['application/senml-etch+cbor', 322],
  ['application/vnd.oma.lwm2m+tlv', 11542],
  ['application/vnd.oma.lwm2m+json', 11543],
  ['application/vnd.oma.lwm2m+cbor', 11544],
])
/** Stands for a format that it names and LwM2M does not use. */
const otherFormat = 65_535

type Options = readonly { readonly name: string | number; readonly value: unknown }[]

function optionsOf(message: IncomingMessage): Options {
  return message._packet.options ?? []
}

function uintOption(options: Options, name: string): number | undefined {
  const value = options.find((option) => option.name === name)?.value
  if (typeof value === 'number') return value
  if (typeof value === 'string') return formatNumbers.get(value) ?? otherFormat
  if (!Buffer.isBuffer(value)) return undefined
  return value.length === 0 ? 0 : value.readUIntBE(0, value.length)
}

function textOptions(options: Options, name: string): string[] {
  return options.filter((option) => option.name === name).map(({ value }) => String(value))
}

function uintBuffer(value: number): Buffer {
  if (value === 0) return Buffer.alloc(0)
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
}

function codeOf(text: string): Code {
  const [kind, detail] = text.split('.').map(Number)
  return (kind << 5) | detail
}

function bytesOf(buffer: Buffer): Uint8Array {
  return buffer.length === 0 ? noBytes : new Uint8Array(buffer)
}

/** Writes the options that node-coap has to be told; numbers as bytes, so that it passes them on unchanged. */
function setNumbers(
  message: { setOption(name: string, value: Buffer): unknown },
  numbers: Readonly<Record<string, number | undefined>>,
): void {
  for (const [name, value] of Object.entries(numbers))
    if (value !== undefined) message.setOption(name, uintBuffer(value))
}

/** A bound socket that may lose datagrams, is deaf when told so, and tells of empty acknowledgements and resets. */
class Radio {
  on = true
  #closed = false
  /** Message ID -> who waits for its acknowledgement. */
  readonly awaited = new Map<number, (result: NotifyResult) => void>()

  constructor(
    readonly socket: Socket,
    private readonly loss: number,
  ) {
    const emit = socket.emit.bind(socket) as (event: string, ...args: unknown[]) => boolean
    const send = socket.send.bind(socket) as (...args: unknown[]) => void
    // node-coap wants a real socket, so this one is taught rather than wrapped.
    socket.emit = ((event: string, ...args: unknown[]): boolean => {
      if (event === 'message' && !this.#passes(args[0] as Buffer)) return false
      try {
        return emit(event, ...args)
      } catch (error) {
        // A datagram can make node-coap throw; to a meter that is a lost datagram.
        if (event === 'message') return false
        throw error
      }
    }) as Socket['emit']
    socket.send = ((...args: unknown[]): void => {
      const done = args.at(-1)
      if (!this.#closed && Math.random() >= this.loss) send(...args)
      else if (typeof done === 'function') (done as (error: null, bytes: number) => void)(null, 0)
    }) as Socket['send']
  }

  #passes(datagram: Buffer): boolean {
    if (!this.on || Math.random() < this.loss) return false
    const type = (datagram[0] >> 4) & 3
    if (datagram.length === 4 && datagram[1] === 0 && (type === acknowledgementType || type === resetType)) {
      const messageId = datagram.readUInt16BE(2)
      this.awaited.get(messageId)?.(type === resetType ? 'reset' : 'acknowledged')
    }
    return true
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.socket.close()
  }
}

/** A link on node-coap, an implementation that shares nothing with ours: one socket for its client and its server half. */
export async function openNodeCoapLink({ host, server: peer, loss }: LinkPlace): Promise<ClientLink> {
  const type = isIPv6(host) ? 'udp6' : 'udp4'
  const socket = createSocket(type)
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(0, host, () => {
      socket.removeListener('error', reject)
      resolve()
    })
  })
  const radio = new Radio(socket, loss)
  const agent = new Agent({ type, socket })
  const server = createServer({ type })
  // Without listeners its errors end the process.
  agent.on('error', () => undefined)
  server.on('error', () => undefined)
  server.listen(socket)
  const { address, port } = socket.address()
  return new NodeCoapLink(`${address}:${port}`, peer, radio, agent, server)
}

class NodeCoapLink implements ClientLink {
  readonly #open = new Set<() => void>()

  constructor(
    readonly localAddress: string,
    private readonly peer: LinkPlace['server'],
    private readonly radio: Radio,
    private readonly agent: Agent,
    private readonly server: ReturnType<typeof createServer>,
  ) {}

  request(request: CoapRequest): Promise<CoapResponse> {
    const outgoing = this.agent.request({
      host: this.peer.address,
      port: this.peer.port,
      method: methods[request.code] as 'POST',
      pathname: `/${request.uriPath.join('/')}`,
      query: request.uriQuery.join('&'),
      confirmable: true,
    })
    setNumbers(outgoing, { 'Content-Format': request.contentFormat, Accept: request.accept })
    if (request.payload.length > blockSize) outgoing.setOption('Block1', firstBlock)
    return this.#settled<CoapResponse>(
      outgoing,
      (resolve, reject) => {
        outgoing.on('response', (response: IncomingMessage) => {
          if (response._packet.reset) reject(new RequestError('reset', true, true))
          else resolve(responseOf(response))
        })
        outgoing.end(Buffer.from(request.payload))
      },
      (reject, reason) => reject(new RequestError(reason, false, true)),
    )
  }

  notify(notification: ClientNotification): Promise<NotifyResult> {
    // node-coap ties a notification to the stream of its request, which is gone after a new port or a restart. A confirmable message with a
    // response code and the token of the observation is the same on the wire, and its agent sends that reliably.
    const outgoing = this.agent.request({
      host: this.peer.address,
      port: this.peer.port,
      method: formatCode(notification.code) as 'GET',
      token: Buffer.from(notification.token),
      confirmable: true,
    })
    setNumbers(outgoing, { Observe: notification.observe, 'Content-Format': notification.contentFormat })
    return this.#settled<NotifyResult>(
      outgoing,
      (resolve) => {
        outgoing.end(Buffer.from(notification.payload))
        const { messageId } = outgoing._packet
        if (messageId !== undefined) this.radio.awaited.set(messageId, resolve)
      },
      (_reject, _reason, resolve) => resolve('timeout'),
    ).finally(() => {
      const { messageId } = outgoing._packet
      if (messageId !== undefined) this.radio.awaited.delete(messageId)
    })
  }

  /** Runs an exchange to its end, for at most our patience. */
  #settled<T>(
    outgoing: OutgoingMessage,
    begin: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
    giveUp: (
      reject: (error: Error) => void,
      reason: 'timeout' | 'closed',
      resolve: (value: T) => void,
    ) => void,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const abandon = (reason: 'timeout' | 'closed'): void => {
        this.agent.abort(outgoing)
        giveUp(fail, reason, finish)
      }
      const onClose = (): void => abandon('closed')
      const timer = setTimeout(() => abandon('timeout'), patienceMs)
      const end = (): void => {
        clearTimeout(timer)
        this.#open.delete(onClose)
      }
      const finish = (value: T): void => {
        end()
        resolve(value)
      }
      const fail = (error: Error): void => {
        end()
        reject(error)
      }
      this.#open.add(onClose)
      outgoing.on('error', () => giveUp(fail, 'timeout', finish))
      outgoing.on('timeout', () => giveUp(fail, 'timeout', finish))
      begin(finish, fail)
    })
  }

  serve(handler: (request: ServerRequest) => CoapResponse): void {
    this.server.on('request', (incoming: IncomingMessage, outgoing: OutgoingMessage) => {
      outgoing.on('error', () => undefined)
      const response = answer(handler, incoming)
      outgoing.statusCode = formatCode(response.code)
      setNumbers(outgoing, { 'Content-Format': response.contentFormat })
      const payload = Buffer.from(response.payload)
      // The answer to an Observe is a stream there, whose first write it marks with Observe 1 as our own counter begins.
      if (response.observe === undefined) outgoing.end(payload)
      else outgoing.write(payload)
    })
  }

  hear(on: boolean): void {
    this.radio.on = on
  }

  close(): Promise<void> {
    for (const abandon of [...this.#open]) abandon()
    this.agent.close()
    this.server.close()
    this.radio.close()
    return Promise.resolve()
  }
}

function responseOf(response: IncomingMessage): CoapResponse {
  const options = optionsOf(response)
  const locationPath = textOptions(options, 'Location-Path')
  return {
    code: codeOf(response.code),
    contentFormat: uintOption(options, 'Content-Format'),
    locationPath: locationPath.length > 0 ? locationPath : undefined,
    payload: bytesOf(response.payload),
  }
}

function answer(handler: (request: ServerRequest) => CoapResponse, incoming: IncomingMessage): CoapResponse {
  const options = optionsOf(incoming)
  const { token, code } = incoming._packet
  try {
    return handler({
      code: codeOf(code ?? '0.00'),
      uriPath: textOptions(options, 'Uri-Path'),
      uriQuery: textOptions(options, 'Uri-Query'),
      contentFormat: uintOption(options, 'Content-Format'),
      accept: uintOption(options, 'Accept'),
      observe: uintOption(options, 'Observe'),
      payload: bytesOf(incoming.payload),
      token: token ? new Uint8Array(token) : noBytes,
    })
  } catch (error) {
    const known = error instanceof ProtocolError
    return {
      code: known ? error.code : Code.InternalServerError,
      payload: known ? new TextEncoder().encode(error.message) : noBytes,
    }
  }
}
