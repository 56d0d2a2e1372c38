import { createRequire } from 'node:module'
import type { EventEmitter } from 'node:events'
import { Code, ProtocolError, formatCode } from '@fieldline/bytes'
import { NoAnswer, RequestError } from '@fieldline/coap'
import type {
  CoapEndpoint,
  CoapResponse,
  IncomingRequest,
  NotificationHandler,
  Peer,
  RequestHandler,
} from '@fieldline/coap'
import { peerOf } from './known-peers.js'

// The parts of node-coap 1.5 that are used here. The package at the root of the tree is an older one that coap-node brings.
interface NodeCoapMessage extends EventEmitter {
  code: string
  payload: Buffer
  options: { name: string | number; value: Buffer | string | number }[]
  rsinfo: { address: string; port: number }
  _packet: { token: Buffer; confirmable: boolean; code: string }
  setOption(name: string, value: unknown): void
  close?(): void
}
interface NodeCoapOutgoing extends NodeCoapMessage {
  statusCode: string
  write(data: Buffer): void
  end(data?: Buffer): void
  reset(): void
}
interface NodeCoapAgent extends EventEmitter {
  request(params: Record<string, unknown>): NodeCoapOutgoing
  close(done?: () => void): void
}
interface NodeCoapServer extends EventEmitter {
  _port: number
  listen(port: number, address: string, done: () => void): void
  close(done: () => void): void
  _sock: { address(): { address: string; port: number } }
}
interface NodeCoap {
  Agent: new (options: Record<string, unknown>) => NodeCoapAgent
  createServer(options?: Record<string, unknown>): NodeCoapServer
  updateTiming(timing: Record<string, number>): void
}

const fromTools = createRequire(new URL('../../../../tools/dev/package.json', import.meta.url))
export const nodeCoap = fromTools('coap') as NodeCoap

const methods = ['', 'GET', 'POST', 'PUT', 'DELETE', 'FETCH', 'PATCH', 'iPATCH']

function uint(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (Buffer.isBuffer(value)) return value.length === 0 ? 0 : value.readUIntBE(0, value.length)
  return undefined
}

function codeOf(text: string): Code {
  const [kind, detail] = text.split('.').map(Number)
  return (kind << 5) | detail
}

// node-coap turns known numbers into media types and back; a number as a buffer passes it unchanged.
function format(value: number): Buffer {
  return value < 256 ? Buffer.from([value]) : Buffer.from([value >> 8, value])
}

function values(message: NodeCoapMessage, name: string): unknown[] {
  return message.options.filter((option) => option.name === name).map(({ value }) => value)
}

function numberOf(message: NodeCoapMessage, name: string): number | undefined {
  const [value] = values(message, name)
  return typeof value === 'string' ? mediaTypes.get(value) : uint(value)
}

const mediaTypes = new Map([
  ['text/plain', 0],
  ['application/link-format', 40],
  ['application/octet-stream', 42],
  ['application/json', 50],
  ['application/cbor', 60],
])

function texts(message: NodeCoapMessage, name: string): string[] {
  return values(message, name).map(String)
}

function responseOf(message: NodeCoapMessage): CoapResponse {
  const location = texts(message, 'Location-Path')
  return {
    code: codeOf(message.code),
    contentFormat: numberOf(message, 'Content-Format'),
    locationPath:
      location.length > 0 ? location.flatMap((path) => path.split('/').filter(Boolean)) : undefined,
    observe: numberOf(message, 'Observe'),
    payload: new Uint8Array(message.payload),
  }
}

/** node-coap behind our port: an `Agent` for requests, a `Server` for the handler. What it lacks fails, it is not made up for. */
export async function createNodeCoapEndpoint(): Promise<{ endpoint: CoapEndpoint; peer: Peer }> {
  const agent = new nodeCoap.Agent({ type: 'udp4' })
  const server = nodeCoap.createServer({ type: 'udp4' })
  // Without listeners its errors end the process.
  agent.on('error', () => undefined)
  server.on('error', () => undefined)
  let handler: RequestHandler | undefined
  let notified: NotificationHandler | undefined
  const observers = new Map<string, NodeCoapOutgoing>()
  server.on('request', (incoming: NodeCoapMessage, outgoing: NodeCoapOutgoing) => {
    outgoing.on('error', () => undefined)
    const peer = peerOf(incoming.rsinfo.address, incoming.rsinfo.port)
    void answer(handler!, incoming, outgoing, peer, observers)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { address, port } = server._sock.address()
  let tokens = 0

  const endpoint: CoapEndpoint = {
    counters: undefined as never,
    request(peer, request, options = {}) {
      return new Promise((resolve, reject) => {
        const outgoing = agent.request({
          host: peer.address,
          port: peer.port,
          method: methods[request.code],
          pathname: `/${request.uriPath.join('/')}`,
          query: request.uriQuery.join('&'),
          confirmable: request.confirmable !== false,
          observe: request.observe,
          ...(options.token ? { token: Buffer.from(options.token) } : {}),
        })
        if (request.contentFormat !== undefined)
          outgoing.setOption('Content-Format', format(request.contentFormat))
        if (request.accept !== undefined) outgoing.setOption('Accept', format(request.accept))
        // It sends a body in blocks only if it is told to: block 0 of 1024 bytes.
        if (request.payload.length > 1024) outgoing.setOption('Block1', Buffer.from([6]))
        outgoing.on('error', (error: Error) => {
          const timeout = /no reply|retry/i.test(error.message)
          reject(timeout ? new RequestError('timeout', false, true) : error)
        })
        outgoing.on('response', (response: NodeCoapMessage) => {
          resolve(responseOf(response))
          if (request.observe !== 0) return
          let first = true
          response.on('data', (payload: Buffer) => {
            if (!first) {
              const observation = { ...responseOf(response), payload: new Uint8Array(payload) }
              const token = options.token ?? new Uint8Array(0)
              const decision = notified?.(
                { ...observation, token, confirmable: true, complete: true, stale: false },
                peer,
              )
              if (decision === 'reset') response.close?.()
            }
            first = false
          })
        })
        outgoing.end(request.payload.length > 0 ? Buffer.from(request.payload) : undefined)
      })
    },
    serve: (given) => {
      handler = given
    },
    onNotification: (given) => {
      notified = given
    },
    notify: (_peer, notification) => {
      const outgoing = observers.get(Buffer.from(notification.token).toString('hex'))
      if (!outgoing) return Promise.resolve('reset')
      outgoing.write(Buffer.from(notification.payload))
      // It does not tell what became of a notification; give it the time to arrive.
      return new Promise((resolve) => setTimeout(() => resolve('acknowledged'), 50))
    },
    onObserverGone: () => undefined,
    newToken: () => Uint8Array.of(0x4e, 0x43, ++tokens),
    nudge: () => undefined, // it has no way to
    ping: () => Promise.reject(new Error('node-coap has no ping')),
    close: async () => {
      for (const outgoing of observers.values()) outgoing.end()
      agent.close()
      await new Promise<void>((resolve) => server.close(resolve))
    },
  }
  return { endpoint, peer: peerOf(address, port) }
}

async function answer(
  handler: RequestHandler,
  incoming: NodeCoapMessage,
  outgoing: NodeCoapOutgoing,
  peer: Peer,
  observers: Map<string, NodeCoapOutgoing>,
): Promise<void> {
  const { token, confirmable, code } = incoming._packet
  const request: IncomingRequest = {
    code: codeOf(code),
    uriPath: texts(incoming, 'Uri-Path'),
    uriQuery: texts(incoming, 'Uri-Query'),
    contentFormat: numberOf(incoming, 'Content-Format'),
    accept: numberOf(incoming, 'Accept'),
    observe: numberOf(incoming, 'Observe'),
    payload: new Uint8Array(incoming.payload),
    confirmable,
    token: new Uint8Array(token),
    // It acknowledges by itself after 50 ms.
    acknowledge: () => undefined,
    // It knows no Echo option.
    isFresh: () => false,
  }
  let response: CoapResponse
  try {
    response = await handler(request, peer)
  } catch (error) {
    if (error instanceof NoAnswer) return
    const known = error instanceof ProtocolError
    response = {
      code: known ? error.code : Code.InternalServerError,
      payload: new TextEncoder().encode(known ? error.message : ''),
    }
  }
  outgoing.statusCode = formatCode(response.code)
  if (response.contentFormat !== undefined)
    outgoing.setOption('Content-Format', format(response.contentFormat))
  if (response.locationPath) {
    outgoing.setOption(
      'Location-Path',
      response.locationPath.map((segment) => Buffer.from(segment)),
    )
  }
  if (response.observe === undefined) outgoing.end(Buffer.from(response.payload))
  else {
    observers.set(token.toString('hex'), outgoing)
    outgoing.write(Buffer.from(response.payload))
  }
}
