/**
 * The generator of `native/load.c` in Node, for machines without a C compiler: the same words, commands and answers. A socket for each peer, and
 * more processor time than what it measures, so that a server is not always busy; its figures then hold more of the kernel's share.
 */
import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { Code } from '@fieldline/bytes'
import { Type, decodeMessage, encodeMessage, noBytes } from '@fieldline/coap'
import type { CoapOption } from '@fieldline/coap'
import { deviceAddress, deviceAnswer } from './device-addresses.js'
import type { Loaded, Served } from './processes.js'

const peerDevices = 10_000
const quietMs = 250
const locationPath = 8
const uriPath = 11
const uriQuery = 15
const block1 = 27
const text = new TextEncoder()
const links = text.encode('</>;rt="oma.lwm2m";ct=112,</1/0>,</3/0>,</4/0>,</5/0>,</3424/0>')
const rd: CoapOption = { number: uriPath, value: text.encode('rd') }

type Command = 'register' | 'update' | 'echo'

class ClientPeer {
  messageId: number
  location: Uint8Array = text.encode('xxxxxxxxxxxx')
  sent: Uint8Array = noBytes

  constructor(
    readonly socket: Socket,
    private readonly n: number,
  ) {
    this.messageId = (n * 40_503) & 0xffff
  }

  next(command: Command): Uint8Array {
    this.messageId = (this.messageId + 1) & 0xffff
    const token = new Uint8Array(8)
    new DataView(token.buffer).setUint32(0, this.n)
    new DataView(token.buffer).setUint32(4, this.messageId * 65_537)
    const queries = [`ep=urn:imei:86${String(this.n).padStart(13, '0')}`, 'lt=86400', 'lwm2m=1.1', 'b=U']
    const options =
      command === 'register'
        ? [rd, ...queries.map((query) => ({ number: uriQuery, value: text.encode(query) }))]
        : [rd, { number: uriPath, value: this.location }]
    const { messageId } = this
    const payload = command === 'register' ? links : noBytes
    this.sent = encodeMessage({ type: Type.Confirmable, code: Code.Post, messageId, token, options, payload })
    return this.sent
  }

  /** Whether an answer is this peer's own, and the one that the command asks for. */
  isAnswer(command: Command, datagram: Uint8Array): boolean {
    if (command === 'echo') return Buffer.compare(datagram, this.sent) === 0
    const { type, code, messageId, token, options } = decodeMessage(datagram)
    const own = decodeMessage(this.sent)
    if (type !== Type.Acknowledgement || messageId !== own.messageId) return false
    if (Buffer.compare(token, own.token) !== 0) return false
    if (command === 'update') return code === Code.Changed
    const location = options.filter(({ number }) => number === locationPath)[1]?.value
    if (location) this.location = location.slice()
    return code === Code.Created && location !== undefined
  }
}

async function bound(address: string, port: number): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', lookup: (host, _options, done) => done(null, host, 4) })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind({ address, port, exclusive: true }, resolve)
  })
  return socket
}

async function beClients(serverPort: number, count: number): Promise<(line: string) => Promise<object>> {
  const peers: ClientPeer[] = []
  for (let n = 0; n < count; n++) peers.push(new ClientPeer(await bound(deviceAddress(n), 0), n))
  let turn = 0
  let onAnswer: (peer: ClientPeer, datagram: Uint8Array) => void = () => {}
  for (const peer of peers) peer.socket.on('message', (datagram) => onAnswer(peer, datagram))
  return (line) =>
    new Promise((resolve) => {
      const [word, wanted = count, window = 64] = line.split(' ')
      const command = word as Command
      const began = performance.now()
      const total: { -readonly [K in keyof Loaded]: number } = {
        sent: 0,
        answered: 0,
        wrong: 0,
        lost: 0,
        seconds: 0,
      }
      let open = 0
      let heard = began
      const fill = (): void => {
        for (; open < Number(window) && total.sent < Number(wanted); total.sent++, open++) {
          const peer = peers[turn++ % count]
          peer.socket.send(peer.next(command), serverPort, '127.0.0.1')
        }
        if (open > 0) return
        clearInterval(watch)
        total.seconds = (performance.now() - began) / 1000
        resolve(total)
      }
      onAnswer = (peer, datagram) => {
        heard = performance.now()
        if (peer.isAnswer(command, datagram)) total.answered++
        else total.wrong++
        open = Math.max(0, open - 1)
        fill()
      }
      const watch = setInterval(() => {
        if (performance.now() - heard < quietMs) return
        total.lost += open
        open = 0
        fill()
      }, quietMs)
      fill()
    })
}

/** Answers of the device at one address; counts what came. */
function answerOf(
  n: number,
  datagram: Uint8Array,
  served: { -readonly [K in keyof Served]: number },
): Uint8Array {
  const { code, messageId, token, options, payload } = decodeMessage(datagram)
  const answer = { type: Type.Acknowledgement, messageId, token, options: [], payload: noBytes }
  if (code === Code.Get) {
    served.gets++
    return encodeMessage({ ...answer, code: Code.Content, payload: text.encode(deviceAnswer(n)) })
  }
  const block = options.find(({ number }) => number === block1)
  const word = block?.value.reduce((sum, byte) => sum * 256 + byte, 0) ?? 0
  const more = (word & 8) !== 0
  served.blocks++
  if (!block || payload.length !== 16 << (word & 7) || payload[0] !== ((word >> 4) & 255)) served.wrong++
  if (!more) served.bodies++
  return encodeMessage({
    ...answer,
    code: more ? Code.Continue : Code.Changed,
    options: block ? [block] : [],
  })
}

async function beDevices(): Promise<(line: string) => Promise<object>> {
  let served = { gets: 0, blocks: 0, bodies: 0, wrong: 0 }
  const first = await bound(deviceAddress(0), 0)
  const { port } = first.address()
  for (let n = 0; n < peerDevices; n++) {
    const socket = n === 0 ? first : await bound(deviceAddress(n), port)
    socket.on('message', (datagram, from) =>
      socket.send(answerOf(n, datagram, served), from.port, from.address),
    )
  }
  process.stdout.write(`${JSON.stringify({ port })}\n`)
  return async () => {
    const before = served
    served = { gets: 0, blocks: 0, bodies: 0, wrong: 0 }
    return before
  }
}

const [role, ...words] = process.argv.slice(2)
const answer = role === 'client' ? await beClients(Number(words[0]), Number(words[1])) : await beDevices()
for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(`${JSON.stringify(await answer(line))}\n`)
process.exit()
