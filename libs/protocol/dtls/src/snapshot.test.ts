import { ProtocolError, seededRandom } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { inside } from './forge.test-support.js'
import { Pair, ascii, credentialsOf, der, peerAt } from './pair.test-support.js'
import type { PairClient } from './pair.test-support.js'
import { readRecord } from './record/record.js'
import type { DtlsSession } from './session/session.js'
import type { SessionSnapshot } from './session/snapshot.js'
import { Session } from './session/session.js'
import { exportSession, importSession } from './session/snapshot.js'
import { suiteById } from './suites.js'
import { ContentType, copyOf, noBytes } from './wire.js'

/** Numbers of the protected records that the server sent. */
function numbersIn(pair: Pair): number[] {
  return pair.sent
    .map(({ bytes }) => readRecord(bytes, 0, 0))
    .filter((record) => record?.epoch === 1)
    .map((record) => record?.sequence ?? -1)
}

/** Exports, stores and confirms. */
function save(pair: Pair, session: DtlsSession): SessionSnapshot {
  const snapshot = pair.server.export(session)
  if (!snapshot) throw new Error('not open')
  pair.server.confirmExport(session, snapshot.generation)
  return snapshot
}

async function opened(seed = 1): Promise<{ pair: Pair; client: PairClient; session: DtlsSession }> {
  const pair = new Pair({}, seed)
  const client = await pair.open({ cid: noBytes })
  return { pair, client, session: client.session }
}

describe('a snapshot', () => {
  it('carries a session over a restart: both directions, no handshake, no number twice', async () => {
    const { pair, client, session } = await opened()
    pair.server.send(ascii('before'), session)
    const { bytes } = save(pair, session)
    pair.server.send(ascii('written after the export'), session)
    await pair.settle()

    pair.server = pair.createServer()
    const restored = pair.server.import(bytes)
    save(pair, restored)
    client.client.send(ascii('still me'))
    pair.server.send(ascii('after'), restored)
    await pair.settle()
    expect(pair.notices.messages).toEqual(['still me'])
    expect(client.notices.messages).toEqual(['before', 'written after the export', 'after'])
    expect(restored).toMatchObject({ identity: session.identity, peer: session.peer, suite: session.suite })
    expect(new Set(numbersIn(pair)).size).toBe(numbersIn(pair).length)
    expect(pair.server.counters.handshakesStarted).toBe(0)
  })

  it('keeps the replay window: what was received before the export is not taken again', async () => {
    const { pair, client, session } = await opened()
    client.client.send(ascii('once'))
    await pair.settle()
    const { bytes } = save(pair, session)
    pair.server = pair.createServer()
    pair.server.import(bytes)
    for (const datagram of client.sent) pair.server.receive(datagram, client.peer)
    expect(pair.notices.messages).toEqual(['once'])
  })

  it('keeps all of the window, as far back as it goes', async () => {
    const { pair, client, session } = await opened()
    for (let i = 0; i < 63; i++) client.client.send(ascii(`${i}`))
    await pair.settle()
    const { bytes } = save(pair, session)
    pair.server = pair.createServer()
    pair.server.import(bytes)
    const before = pair.notices.messages.length
    expect(before).toBe(63)
    for (const datagram of client.sent.slice(-63)) pair.server.receive(datagram, client.peer)
    expect(pair.notices.messages).toHaveLength(before)
    client.client.send(ascii('new'))
    await pair.settle()
    expect(pair.notices.messages.at(-1)).toBe('new')
  })

  it('is due again once anything was received since, for that would be taken again; this can wait', async () => {
    const { pair, client, session } = await opened()
    const say = async (): Promise<unknown[]> => {
      const before = pair.notices.of('export-due').length
      client.client.send(ascii('x'))
      await pair.settle()
      return pair.notices.of('export-due').slice(before)
    }
    expect(await say()).toEqual([]) // nothing is stored that it could be newer than
    pair.server.export(session)
    expect(await say()).toMatchObject([{ session: { id: session.id }, urgent: false }])
    expect(await say()).toEqual([])
    pair.server.export(session)
    expect(await say()).toHaveLength(1)
  })

  it('keeps the count of forgeries: a restart gives nobody more attempts', async () => {
    const { pair, session } = await opened()
    inside(session).failedOpens = 1_000
    const { bytes } = save(pair, session)
    pair.server = pair.createServer()
    expect(inside(pair.server.import(bytes)).failedOpens).toBe(1_000)
  })

  it('sends nothing after import before a newer snapshot is stored, and asks for that', async () => {
    const { pair, session } = await opened()
    const { bytes } = save(pair, session)
    pair.server = pair.createServer()
    const restored = pair.server.import(bytes)
    expect(pair.notices.of('export-due').at(-1)).toMatchObject({ session: restored, urgent: true })
    expect(pair.server.send(ascii('too early'), restored)).toBe(false)
    pair.server.close(restored)
    expect(numbersIn(pair).every((number) => number < inside(session).ceiling)).toBe(true)
  })

  it('stops its session at the numbers that it set aside, says so in time, and lets it go on once a newer one is stored', async () => {
    const { pair, session } = await opened()
    save(pair, session)
    let sent = 0
    while (pair.server.send(ascii('x'), session)) sent++
    expect(sent).toBe(1_024)
    expect(pair.notices.of('export-due')).toHaveLength(1)
    save(pair, session)
    expect(pair.server.send(ascii('x'), session)).toBe(true)
  })

  it('that is old and confirmed late raises nothing', async () => {
    const { pair, session } = await opened()
    const first = pair.server.export(session)
    while (pair.server.send(ascii('x'), session));
    const second = pair.server.export(session)
    pair.server.confirmExport(session, first?.generation ?? 0)
    expect(pair.server.send(ascii('x'), session)).toBe(false)
    pair.server.confirmExport(session, second?.generation ?? 0)
    expect(pair.server.send(ascii('x'), session)).toBe(true)
  })

  it('leaves no number to its session that whoever restores it may use, not even for the alert at the end of all numbers', async () => {
    const { pair, client, session } = await opened()
    inside(session).writeSequence = inside(session).lastSequence - 1
    const { bytes } = save(pair, session)
    const restored = importSession(bytes, 9, pair.random)
    pair.server.send(ascii('last'), session)
    expect(pair.server.send(ascii('too many'), session)).toBe(false)
    await pair.settle()
    expect(client.notices.of('closed')).toMatchObject([{ reason: 'closed-by-peer' }])
    expect(Math.max(...numbersIn(pair))).toBeLessThan(restored.writeSequence)
  })

  it('never leads to a nonce used twice, wherever the process is killed', async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const random = seededRandom(seed * 31)
      const started = await opened(seed)
      const { pair, client } = started
      let { session } = started
      let stored: SessionSnapshot | undefined
      let writing: SessionSnapshot | undefined
      let kills = 0
      pair.road = () => []
      for (let step = 0; step < 400; step++) {
        const dice = random.unit()
        if (dice < 0.7) for (let i = random.unit() * 40; i > 0; i--) pair.server.send(ascii('m'), session)
        else if (dice < 0.85) writing = pair.server.export(session) ?? writing
        else if (dice < 0.95 && writing) {
          stored = writing
          writing = undefined
          // killed between store and confirmation, every second time that it is killed
          if (random.unit() < 0.9) pair.server.confirmExport(session, stored.generation)
        } else if (dice >= 0.97 && stored) {
          // what was being written may have reached the store or not
          if (writing && random.unit() < 0.5) stored = writing
          writing = undefined
          pair.server = pair.createServer()
          session = pair.server.import(stored.bytes)
          kills++
        }
      }
      const numbers = numbersIn(pair)
      expect(new Set(numbers).size, `seed ${seed}`).toBe(numbers.length)
      expect(kills, `seed ${seed}`).toBeGreaterThan(0)
      pair.road = (bytes) => [{ bytes, afterMs: 0 }]
      const last = pair.server.export(session)
      pair.server.confirmExport(session, last?.generation ?? 0)
      expect(pair.server.send(ascii('the end'), session)).toBe(true)
      await pair.settle()
      expect(client.notices.messages.at(-1)).toBe('the end')
    }
  })

  it('is taken once: a second import of the same session is refused, so is damage', async () => {
    const { pair, session } = await opened()
    const { bytes } = save(pair, session)
    expect(() => pair.server.import(bytes)).toThrow(RangeError)
    pair.server = pair.createServer()
    for (let end = 0; end < bytes.length; end++)
      expect(() => pair.server.import(bytes.subarray(0, end))).toThrow()
    expect(() => pair.server.import(Uint8Array.of(9, ...bytes.subarray(1)))).toThrow(RangeError)
    expect(() => pair.server.import(Uint8Array.of(...bytes, 0))).toThrow(RangeError)
    // the number to go on from, and the newest that was received, beyond all numbers
    for (const at of [9, 17]) {
      const beyond = copyOf(bytes)
      beyond[at + 1] = 1
      expect(() => pair.server.import(beyond)).toThrow(RangeError)
    }
    pair.server.import(bytes)
    expect(() => pair.server.import(bytes)).toThrow(RangeError)
  })

  it('is not taken up where its suite, or CBC without encrypt-then-MAC, is not allowed any more', async () => {
    const pair = new Pair({ allowMacThenEncrypt: true })
    const { bytes } = save(pair, (await pair.open({ suites: [0x00ae] })).session)
    const without = copyOf(bytes)
    without[4] |= 4
    for (const [options, snapshot] of [
      [{ suites: [0xc0a8] }, bytes],
      [{ allowMacThenEncrypt: false }, without],
    ] as const) {
      pair.server = pair.createServer(options)
      expect(() => pair.server.import(snapshot)).toThrow(RangeError)
      pair.server = pair.createServer()
      expect(pair.server.import(snapshot).isOpen).toBe(true)
    }
  })

  it('is taken up though another session was heard at its address last, which has a Connection ID', async () => {
    const pair = new Pair()
    const plain = await pair.open()
    const other = await pair.open({ cid: noBytes })
    const snapshots = [other, plain].map(({ session }) => save(pair, session).bytes)
    const home = Buffer.from(plain.peer.id)
    // both ports have five digits
    snapshots[0].set(home, snapshots[0].length - home.length)
    pair.server = pair.createServer()
    for (const snapshot of snapshots) pair.server.import(snapshot)
    plain.client.send(ascii('by address'))
    other.client.send(ascii('by Connection ID'))
    await pair.settle()
    expect(pair.notices.messages).toEqual(['by address', 'by Connection ID'])
  })

  it('belongs to the caller: closing the session overwrites copies of the keys only', async () => {
    const { pair, session } = await opened()
    const bytes = Buffer.from(save(pair, session).bytes)
    const before = copyOf(bytes)
    pair.server = pair.createServer()
    pair.server.close(pair.server.import(bytes))
    expect(copyOf(bytes)).toEqual(before)
  })

  it('holds a certificate identity, too', async () => {
    const pair = new Pair({ credentials: credentialsOf('server'), verifyPeer: () => true })
    const { session } = await pair.open({
      suites: [0xc023],
      cid: Uint8Array.of(1, 2),
      credentials: credentialsOf('meter'),
      verifyPeer: () => true,
    })
    const { bytes } = save(pair, session)
    pair.server = pair.createServer()
    expect(pair.server.import(bytes)).toMatchObject({
      identity: { kind: 'x509', certificate: der('meter'), commonName: 'meter' },
      suite: 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256',
      peerCid: Uint8Array.of(1, 2),
    })
    pair.server = pair.createServer()
    for (let at = 0; at < bytes.length; at++) {
      const damaged = copyOf(bytes)
      damaged[at] ^= 0xff
      try {
        pair.server.import(damaged)
      } catch (error) {
        expect(error instanceof RangeError || error instanceof ProtocolError).toBe(true)
      }
    }
  })

  it('knows how CBC is protected', () => {
    const suite = suiteById(0x00ae)
    if (!suite) throw new Error('no suite')
    const shared = {
      suite,
      localCid: noBytes,
      peerCid: noBytes,
      peer: peerAt('198.51.100.7'),
      random: seededRandom(1),
    }
    const keys = (): Uint8Array => seededRandom(2).bytes(96)
    const session = new Session({ ...shared, id: 1, role: 'server', keyBlock: keys(), macThenEncrypt: true })
    session.isOpen = true
    const peer = new Session({ ...shared, id: 2, role: 'client', keyBlock: keys(), macThenEncrypt: true })
    const restored = importSession(exportSession(session).bytes, 3, shared.random)
    restored.ceiling = restored.writeSequence + 1
    const record = readRecord(restored.seal(ContentType.ApplicationData, ascii('as before')) ?? noBytes, 0, 0)
    expect(record && peer.open(record)?.payload).toEqual(Buffer.from('as before'))
    expect(restored.macThenEncrypt).toBe(true)

    const authenticated = new Session({
      ...shared,
      id: 1,
      role: 'server',
      keyBlock: keys(),
      suite: suiteById(0x00a8) ?? suite,
    })
    const { bytes } = exportSession(authenticated)
    bytes[4] |= 4
    expect(() => importSession(bytes, 4, shared.random)).toThrow(RangeError)
  })
})
