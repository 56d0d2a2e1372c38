import { describe, expect, it } from 'vitest'
import { inside } from './forge.test-support.js'
import type { DtlsPeer } from './identity.js'
import { Pair, ascii, peerAt, pskKey } from './pair.test-support.js'
import type { PairClient } from './pair.test-support.js'
import type { DtlsSession } from './session/session.js'
import { ContentType, HandshakeType, noBytes } from './wire.js'

const elsewhere = peerAt('203.0.113.77', 61_000)

describe('a session with a Connection ID', () => {
  it('moves with its peer: the first answer goes to the new address already', async () => {
    const pair = new Pair()
    const client = await pair.open({ cid: noBytes })
    const was = client.peer
    client.peer = elsewhere
    client.client.send(ascii('from elsewhere'))
    const order = pair.notices.all.length
    await pair.settle()
    expect(pair.notices.all.slice(order).map(({ type }) => type)).toEqual(['migrated', 'message'])
    expect(pair.notices.of('migrated')).toMatchObject([{ from: was, session: { peer: elsewhere } }])
    pair.server.send(ascii('welcome'), client.session)
    await pair.settle()
    expect(pair.sent.at(-1)?.to).toEqual(elsewhere)
    expect(client.notices.messages).toEqual(['welcome'])
    expect(pair.server.counters.handshakesStarted).toBe(1)
  })

  it('outlives that a NAT gives its address to another device, but not that its own device begins anew there', async () => {
    const pair = new Pair()
    const asleep = await pair.open({ cid: noBytes })
    const home = asleep.peer
    asleep.peer = elsewhere
    const begin = async (name: string): Promise<void> => {
      const other = pair.connect({ cid: noBytes, psk: { identity: ascii(name), key: pskKey } })
      other.peer = home
      await pair.settle()
      expect(other.notices.of('session')).toHaveLength(1)
    }
    await begin('meter-2')
    expect(pair.notices.of('closed')).toEqual([])
    asleep.client.send(ascii('awake'))
    await pair.settle()
    expect(pair.notices.messages).toEqual(['awake'])
    await begin('meter-2')
    expect(pair.notices.of('closed')).toMatchObject([{ reason: 'replaced' }])
    expect(pair.server.sessionCount).toBe(2)
  })

  it('does not move for an old record, a replayed one, or one that is not authentic (RFC 9146 §6)', async () => {
    const pair = new Pair()
    const client = await pair.open({ cid: noBytes })
    client.client.send(ascii('1'))
    client.client.send(ascii('2'))
    const [late, newest] = client.sent.slice(-2)
    pair.road = () => []
    pair.server.receive(newest, client.peer)
    pair.server.receive(late, elsewhere)
    pair.server.receive(newest, elsewhere)
    const altered = newest.slice()
    altered[altered.length - 1] ^= 1
    altered[12 + 8] ^= 0
    altered[10] += 5
    pair.server.receive(altered, elsewhere)
    expect(pair.notices.messages).toContain('1')
    expect(client.session.peer).toEqual(client.peer)
    expect(pair.server.counters.migrations).toBe(0)
    expect(pair.server.counters.forged).toBe(1)
  })

  it('sends only so much to an address that has not answered yet', async () => {
    const pair = new Pair({ limits: { unverifiedBytes: 1_000 } })
    const client = await pair.open({ cid: noBytes })
    client.peer = elsewhere
    client.client.send(ascii('moved'))
    await pair.settle()
    const block = new Uint8Array(400)
    const sent = (): boolean[] => Array.from({ length: 4 }, () => pair.server.send(block, client.session))
    expect(sent()).toEqual([true, true, false, false])
    expect(pair.server.counters.withheld).toBe(2)
    client.client.send(ascii('it is me'))
    await pair.settle()
    expect(sent()).toEqual([true, true, true, true])
  })

  it('sends no alert and repeats no Finished beyond that, however long the Connection ID that they carry', async () => {
    const pair = new Pair({ limits: { unverifiedBytes: 0 } })
    const client = await pair.open({ cid: new Uint8Array(200) })
    const { session: its } = client.notices.of('session')[0]
    const sentTo = (): number =>
      pair.sent.filter(({ to }) => to.id === elsewhere.id).reduce((sum, { bytes }) => sum + bytes.length, 0)
    let received = 0
    for (const type of [HandshakeType.Finished, HandshakeType.ClientHello, HandshakeType.ClientHello]) {
      const record = inside(its).seal(ContentType.Handshake, Uint8Array.of(type)) ?? noBytes
      received += record.length
      pair.server.receive(record, elsewhere)
      expect(sentTo()).toBeLessThanOrEqual(3 * received)
    }
    pair.server.close(client.session)
    expect(sentTo()).toBeLessThanOrEqual(3 * received)
    expect(pair.server.counters.withheld).toBeGreaterThan(0)
  })

  /** Moves a session and returns how many blocks of 100 bytes went to where it is now. */
  async function blocksAt(pair: Pair, client: PairClient & { session: DtlsSession }, peer: DtlsPeer) {
    client.peer = peer
    client.client.send(ascii('here'))
    await pair.settle()
    let blocks = 0
    while (blocks < 1_000 && pair.server.send(new Uint8Array(100), client.session)) blocks++
    return blocks
  }

  it('gets nothing anew by moving to and fro, until a period has passed', async () => {
    const pair = new Pair({ limits: { unverifiedBytes: 1_000, unverifiedPeriodMs: 60_000 } })
    const client = await pair.open({ cid: noBytes })
    const home = client.peer
    const first = await blocksAt(pair, client, elsewhere)
    expect(first).toBeGreaterThan(7)
    expect(await blocksAt(pair, client, home)).toBeLessThanOrEqual(1)
    for (let port = 1; port < 5; port++)
      expect(await blocksAt(pair, client, peerAt('203.0.113.77', port))).toBeLessThanOrEqual(1)
    // its own address proves itself, which opens no other
    await blocksAt(pair, client, home)
    pair.server.send(noBytes, client.session)
    expect(await blocksAt(pair, client, home)).toBe(1_000)
    expect(await blocksAt(pair, client, elsewhere)).toBeLessThanOrEqual(1)
    pair.clock.advance(60_000)
    expect(await blocksAt(pair, client, home)).toBe(first)
  })

  it('spends nothing at one address that was earned at another', async () => {
    const pair = new Pair({ limits: { unverifiedBytes: 500 } })
    const client = await pair.open({ cid: noBytes })
    client.peer = peerAt('203.0.113.78')
    for (let i = 0; i < 4; i++) client.client.send(new Uint8Array(1_000))
    await pair.settle()
    const blocks = await blocksAt(pair, client, elsewhere)
    expect(blocks).toBeGreaterThan(0)
    expect(blocks).toBeLessThan(6)
  })

  it('has not proved its address by a restart', async () => {
    const pair = new Pair({ limits: { unverifiedBytes: 1_000 } })
    const client = await pair.open({ cid: noBytes })
    client.peer = elsewhere
    client.client.send(ascii('moved'))
    await pair.settle()
    const { bytes } = pair.server.export(client.session) ?? { bytes: noBytes }
    pair.server = pair.createServer()
    const session = pair.server.import(bytes)
    pair.server.confirmExport(session, pair.server.export(session)?.generation ?? 0)
    const block = new Uint8Array(400)
    const sent = (): boolean[] => Array.from({ length: 3 }, () => pair.server.send(block, session))
    expect(sent()).toEqual([true, true, false])
    client.client.send(ascii('it is me'))
    await pair.settle()
    expect(sent()).toEqual([true, true, true])
  })

  it('takes an address for verified only by a newest record that follows an answer to it', async () => {
    const pair = new Pair()
    const client = await pair.open({ cid: noBytes })
    const isProved = (): boolean => inside(client.session).proved
    const say = async (text: string, from: DtlsPeer): Promise<void> => {
      client.peer = from
      client.client.send(ascii(text))
      await pair.settle()
    }
    await say('moved', elsewhere)
    await say('two in a row, as anybody can repeat them', elsewhere)
    expect(isProved()).toBe(false)

    pair.server.send(ascii('are you there?'), client.session)
    pair.road = () => []
    await say('held up on its way', elsewhere)
    const late = client.sent.at(-1) ?? noBytes
    pair.road = (bytes) => [{ bytes, afterMs: 0 }]
    await say('and on', peerAt('203.0.113.78', 61_000))
    pair.server.send(ascii('and here?'), client.session)
    pair.server.receive(late, client.peer)
    expect(pair.notices.messages.at(-1)).toBe('held up on its way')
    expect(isProved()).toBe(false)
    await say('yes', client.peer)
    expect(isProved()).toBe(true)

    // the answers to one address prove nothing about the next
    await say('moved again', elsewhere)
    await say('without an answer', elsewhere)
    expect(isProved()).toBe(false)
  })

  it('drops records without the Connection ID once it was agreed (RFC 9146 §3)', async () => {
    const pair = new Pair()
    const client = await pair.open({ cid: noBytes })
    client.client.send(ascii('x'))
    const [record] = client.sent.slice(-1)
    const without = new Uint8Array([23, ...record.subarray(1, 11), ...record.subarray(19)])
    pair.road = () => []
    pair.server.receive(without, client.peer)
    expect(pair.notices.messages).toEqual([])
    expect(pair.server.counters.stale).toBe(1)
  })

  it('drops them on the side of the client as well, without trying a key on them', async () => {
    const pair = new Pair()
    const { client, notices, session } = await pair.open({ cid: Uint8Array.of(1) })
    pair.road = () => []
    pair.server.send(ascii('x'), session)
    const record = pair.sent.at(-1)?.bytes ?? noBytes
    client.receive(new Uint8Array([23, ...record.subarray(1, 11), ...record.subarray(12)]))
    expect(notices.messages).toEqual([])
    expect(client.counters).toMatchObject({ stale: 1, forged: 0 })
  })

  it('without Connection ID a peer at another address is unknown', async () => {
    const pair = new Pair()
    const client = await pair.open()
    client.peer = elsewhere
    client.client.send(ascii('who am I'))
    await pair.settle()
    expect(pair.notices.messages).toEqual([])
    expect(pair.server.counters.unmatched).toBe(1)
  })

  it('keeps its Connection ID through resumption', async () => {
    const pair = new Pair()
    const first = await pair.open({ cid: noBytes })
    first.client.close()
    await pair.settle()
    const { client, session } = await pair.open({ cid: Uint8Array.of(1), resume: first.client.resumable })
    expect(session).toMatchObject({ resumed: true, peerCid: Uint8Array.of(1) })
    client.send(ascii('again'))
    await pair.settle()
    expect(pair.notices.messages).toEqual(['again'])
  })
})
