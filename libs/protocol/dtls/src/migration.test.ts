import { describe, expect, it } from 'vitest'
import { Pair, ascii, peerAt } from './pair.test-support.js'
import { noBytes } from './wire.js'

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
