import { Code, ManualClock, codeClass, seededRandom } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { createCoapEndpoint } from '../endpoint.js'
import { noBytes } from '../message.js'
import type { CoapRequest, DatagramTransport } from '../message.js'
import { MessageView } from '../message-view.js'
import { decodeBlock, isFull } from '../block.js'
import { OptionNumber } from '../options.js'
import { profiles } from '../profile.js'
import { createMemoryStreams } from './memory-streams.test-support.js'
import { createStreamTransport } from './stream-transport.js'

const body = Uint8Array.from({ length: 50 * 1024 + 3 }, (_, i) => (i * 31 + (i >> 8)) & 0xff)
const ask = (code: Code, fields: Partial<CoapRequest> = {}): CoapRequest => ({
  code,
  uriPath: ['x'],
  uriQuery: [],
  payload: noBytes,
  ...fields,
})

/** A client and a server over streams, and the block options that travelled, as [option, number, bytes of body]. */
async function pair(maxMessageSize: number) {
  const clock = new ManualClock()
  const streams = createMemoryStreams(clock, 4_096)
  const blocks: [number, number, number][] = []
  const watched = (transport: DatagramTransport): DatagramTransport => ({
    name: transport.name,
    ordered: transport.ordered,
    address: transport.address,
    port: transport.port,
    partBytes: (peer) => transport.partBytes!(peer),
    send(datagram, peer) {
      const view = new MessageView(true)
      if (view.read(datagram) === undefined)
        for (let i = 0; i < view.optionCount; i++) {
          const option = view.numbers[i]
          // each in the message whose body it is about
          if (option !== (codeClass(view.code) === 0 ? OptionNumber.Block1 : OptionNumber.Block2)) continue
          const { num, szx } = decodeBlock(view.uint(i), true)
          if (szx === 7 && view.end > view.payloadStart)
            blocks.push([option, num, view.end - view.payloadStart])
        }
      transport.send(datagram, peer)
    },
    listen: (receive, gone) => transport.listen(receive, gone),
    close: () => transport.close(),
  })
  const open = (port?: number) =>
    createCoapEndpoint({
      transport: watched(
        createStreamTransport({ network: streams.open(port), clock, limits: { maxMessageSize } }),
      ),
      clock,
      random: seededRandom(3),
      profile: profiles.stream,
    })
  const [server, client] = [open(5683), open()]
  const peer = streams.peerAt(5683)
  const run = async <T>(promise: Promise<T>): Promise<T> => {
    let settled = false
    const done = (): void => void (settled = true)
    promise.then(done, done)
    for (let i = 0; i < 10_000 && !settled; i++) {
      for (let turn = 0; turn < 12; turn++) await Promise.resolve()
      clock.advance(1)
    }
    return promise
  }
  // the settings of both sides have to be known
  await run(client.request(peer, ask(Code.Get)))
  return { server, client, blocks, run, request: (asked: CoapRequest) => run(client.request(peer, asked)) }
}

describe('bodies over a stream (RFC 8323 §6)', () => {
  it('travel in several blocks of 1024 bytes at once, as many as the longest message holds', async () => {
    const { server, blocks, request } = await pair(10 * 1024)
    server.serve(({ payload }) => ({ code: Code.Content, payload }))
    const answer = await request(ask(Code.Post, { payload: body }))
    expect(Buffer.compare(answer.payload, body)).toBe(0)
    const part = 9 * 1024
    const parts = [0, 1, 2, 3, 4].map((i) => [9 * i, part] as const)
    for (const option of [OptionNumber.Block1, OptionNumber.Block2])
      expect(blocks.filter(([number]) => number === option).map(([, num, bytes]) => [num, bytes])).toEqual([
        ...parts,
        [45, body.length - 5 * part],
      ])
  })

  it('travel whole where one message holds them, and by single blocks where the peer takes no more', async () => {
    const whole = await pair(60 * 1024)
    whole.server.serve(({ payload }) => ({ code: Code.Content, payload }))
    const answer = await whole.request(ask(Code.Post, { payload: body }))
    expect(Buffer.compare(answer.payload, body)).toBe(0)
    expect(whole.blocks).toEqual([])
    const single = await pair(1_152)
    single.server.serve(({ payload }) => ({ code: Code.Content, payload }))
    const echoed = await single.request(ask(Code.Post, { payload: body }))
    expect(Buffer.compare(echoed.payload, body)).toBe(0)
    expect(single.blocks).toEqual([])
  })

  it('are whole blocks as long as more is to come', () => {
    const part = { num: 0, more: true, szx: 7 }
    expect([0, 1_024, 1_500, 4_096].map((bytes) => isFull(part, bytes))).toEqual([false, true, false, true])
    expect(isFull({ ...part, more: false }, 1_500)).toBe(true)
  })
})
