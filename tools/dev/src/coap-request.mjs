import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import coap from 'coap'

/** Nobody answered in time. */
class NoResponse extends Error {}

const methodNames = { ipatch: 'iPATCH' }

// node-coap maps only the formats it knows by name; a number of any other passes as bytes.
function uint(value) {
  if (value === 0) return Buffer.alloc(0)
  return value < 256 ? Buffer.from([value]) : Buffer.from([value >> 8, value & 255])
}

function build(wanted, agent) {
  const outgoing = coap.request({
    agent,
    host: wanted.host,
    port: wanted.port,
    method: methodNames[wanted.method] ?? wanted.method.toUpperCase(),
    confirmable: wanted.confirmable,
    ...(wanted.observe ? { observe: true } : {}),
  })
  if (wanted.path.length > 0) {
    outgoing.setOption(
      'Uri-Path',
      wanted.path.map((segment) => Buffer.from(segment)),
    )
  }
  if (wanted.query.length > 0) {
    outgoing.setOption(
      'Uri-Query',
      wanted.query.map((part) => Buffer.from(part)),
    )
  }
  if (wanted.accept !== undefined) outgoing.setOption('Accept', uint(wanted.accept))
  if (wanted.contentFormat !== undefined) outgoing.setOption('Content-Format', uint(wanted.contentFormat))
  // It sends a body in blocks only if it is told to.
  if (wanted.payload.length > wanted.block) {
    outgoing.setOption('Block1', Buffer.from([Math.log2(wanted.block) - 4]))
  }
  return outgoing
}

/** Sends the request and yields its response, then each notification, as `{ code, options, payload }`. */
export async function* request(wanted) {
  const agent = new coap.Agent({ type: wanted.family === 6 ? 'udp6' : 'udp4' })
  const outgoing = build(wanted, agent)
  const response = await new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(wanted.waitMs)
    const silent = () => reject(new NoResponse(`no answer within ${wanted.waitMs / 1000} s`))
    signal.addEventListener('abort', silent)
    agent.on('error', reject)
    outgoing.on('error', reject)
    outgoing.on('response', (message) => {
      signal.removeEventListener('abort', silent)
      resolve(message)
    })
    outgoing.end(wanted.payload.length > 0 ? wanted.payload : undefined)
  })
  if (!wanted.observe || !('close' in response)) {
    yield response
    return
  }
  let left = wanted.notifications
  // The first entry of the stream is the response itself.
  for await (const payload of response) {
    yield { code: response.code, options: response.options, payload }
    if (left-- === 0) break
  }
  response.close()
  // The cancellation has to leave before the process ends.
  await setTimeout(100)
}

/** Sends an empty confirmable message, which node-coap cannot, and answers the milliseconds until its reset, or any other reply to it. */
export async function ping({ host, port, family, waitMs }) {
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  const messageId = randomInt(0x10000)
  const datagram = Buffer.from([0x40, 0, messageId >> 8, messageId & 255])
  const started = Date.now()
  const signal = AbortSignal.timeout(waitMs)
  const again = setInterval(() => socket.send(datagram, port, host), 2_000)
  try {
    socket.send(datagram, port, host)
    for (;;) {
      const [reply] = await once(socket, 'message', { signal })
      if (reply.length >= 4 && reply.readUInt16BE(2) === messageId) {
        return Date.now() - started
      }
    }
  } catch (error) {
    throw signal.aborted ? new NoResponse(`no answer within ${waitMs / 1000} s`) : error
  } finally {
    clearInterval(again)
    socket.close()
  }
}
