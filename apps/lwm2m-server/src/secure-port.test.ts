import { ManualClock, seededRandom, toHex } from '@fieldline/bytes'
import type { DatagramTransport } from '@fieldline/coap'
import { connectDtls, nameOfIdentity, timerProfiles } from '@fieldline/dtls'
import type { DtlsClient, ResumableSession } from '@fieldline/dtls'
import type { SecurityNews, SessionRow } from '@fieldline/store'
import { createDtlsClientTransport, createMemoryNetwork, peerOf } from '@fieldline/transport'
import { describe, expect, it } from 'vitest'
import { SecurePort } from './secure-port.js'

const identity = new TextEncoder().encode('meter-1')
const name = nameOfIdentity({ kind: 'psk', identity }) as string
const server = peerOf('127.0.0.1', 5_684)
const oldKey = new Uint8Array(16).fill(1)
const newKey = new Uint8Array(16).fill(2)

/** A secured port on a table of one credential, and meters that come with a key. */
function setUp() {
  const clock = new ManualClock()
  const network = createMemoryNetwork({ clock, random: seededRandom(1) })
  const credential = { key: oldKey, since: 1 }
  /** Answers of the store that are held back. */
  const waiting: (() => void)[] = []
  let isSlow = false
  const stored = new Map<string, SessionRow>()
  const noted: (readonly SecurityNews[])[] = []
  const messages: string[] = []
  const port = new SecurePort({
    clock,
    random: seededRandom(2),
    organisationId: 'organisation',
    timers: timerProfiles.wired,
    datagrams: network.open(server.port),
    credentials: {
      async byIdentity(_organisation, asked) {
        const found =
          asked === name ? { deviceId: 'device', organisationId: 'organisation', ...credential } : undefined
        if (isSlow) await new Promise<void>((resolve) => waiting.push(resolve))
        return found
      },
      async withdrawn(held) {
        return held.flatMap(({ deviceId, since }) => (since === credential.since ? [] : [deviceId]))
      },
      async note(news) {
        if (news.length > 0) noted.push(news)
      },
    },
    sessions: {
      async store(rows) {
        if (isSlow) await new Promise<void>((resolve) => waiting.push(resolve))
        for (const row of rows) stored.set(row.name, row)
        return rows.map((row) => row.name)
      },
      async remove(names) {
        for (const one of names) stored.delete(one)
      },
      async *all() {},
    },
    onChanged: () => undefined,
    onHandshakeFailed: () => undefined,
    onFailed: (what, error) => {
      throw new Error(what, { cause: error })
    },
  })
  port.transport.listen((message) => void messages.push(toHex(message)))
  const settle = async (milliseconds = 200): Promise<void> => {
    for (let passed = 0; passed < milliseconds; passed += 10) {
      for (let i = 0; i < 10; i++) await Promise.resolve()
      clock.advance(10)
    }
  }
  const meter = (from: number, key: Uint8Array, wire = network.open(from)) => {
    const client = createDtlsClientTransport({
      clock,
      random: seededRandom(from),
      datagrams: wire,
      psk: { identity, key },
      cid: new Uint8Array(0),
    })
    client.listen(() => undefined)
    return { say: (byte: number) => client.send(Uint8Array.of(byte), server) }
  }
  /** A client that may resume. */
  const connect = (from: number, key: Uint8Array, resume?: ResumableSession): DtlsClient => {
    const wire = network.open(from)
    const client = connectDtls({
      clock,
      random: seededRandom(from),
      server,
      send: (datagram, to) => wire.send(datagram, to),
      notify: () => undefined,
      psk: { identity, key },
      resume,
    })
    wire.listen((datagram) => client.receive(datagram))
    return client
  }
  return {
    port,
    connect,
    stored,
    noted,
    messages,
    settle,
    meter,
    network,
    replaceKey() {
      credential.key = newKey
      credential.since = 2
    },
    holdAnswers: () => void (isSlow = true),
    async giveAnswers() {
      isSlow = false
      for (const answer of waiting.splice(0)) answer()
      await settle()
    },
  }
}

/** A transport that keeps back what is encrypted, for the test to send. @see RFC 6347 §4.1, the epoch in bytes 3 and 4, the length in 11 and 12 */
function holdFinished(wire: DatagramTransport): [DatagramTransport, (() => void)[]] {
  const held: (() => void)[] = []
  const send: DatagramTransport['send'] = (datagram, to) => {
    const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.length)
    for (let at = 0, end = 0; at < datagram.length; at = end) {
      end = at + 13 + view.getUint16(at + 11)
      const record = datagram.slice(at, end)
      if (view.getUint16(at + 3) === 0) wire.send(record, to)
      else held.push(() => wire.send(record, to))
    }
  }
  return [
    { ...wire, address: wire.address, port: wire.port, listen: (...to) => wire.listen(...to), send },
    held,
  ]
}

describe('a key that is withdrawn', () => {
  it('ends its sessions, and their snapshots', async () => {
    const { port, stored, messages, settle, meter, replaceKey } = setUp()
    const old = meter(40_000, oldKey)
    old.say(1)
    await settle()
    expect([port.transport.dtls.sessionCount, stored.size]).toEqual([1, 1])
    replaceKey()
    port.withdrawn(['device'])
    old.say(2)
    await settle()
    expect([port.transport.dtls.sessionCount, stored.size]).toEqual([0, 0])
    expect(messages).toEqual(['01'])
  })

  it('is of one session: who shakes hands anew from elsewhere leaves none behind', async () => {
    const { port, stored, settle, meter } = setUp()
    for (const from of [40_000, 40_001, 40_002]) {
      meter(from, oldKey).say(1)
      await settle()
    }
    expect(port.counters().handshakesCompleted).toBe(3)
    expect([port.transport.dtls.sessionCount, stored.size]).toEqual([1, 1])
  })

  it('opens no session with a handshake that lacks the Finished alone', async () => {
    const { port, stored, messages, settle, meter, network, replaceKey } = setUp()
    const [wire, late] = holdFinished(network.open(40_000))
    meter(40_000, oldKey, wire).say(1)
    await settle()
    expect([port.transport.dtls.handshakeCount, late.length]).toEqual([1, 1])
    replaceKey()
    port.withdrawn(['device'])
    for (const send of late) send()
    await settle()
    expect(port.counters().handshakesCompleted).toBe(0)
    expect([port.transport.dtls.sessionCount, stored.size, messages]).toEqual([0, 0, []])
  })

  it('opens no session with a handshake that was about to learn it', async () => {
    const { port, messages, settle, meter, replaceKey, holdAnswers, giveAnswers } = setUp()
    holdAnswers()
    meter(40_000, oldKey).say(1)
    await settle()
    replaceKey()
    port.withdrawn(['device'])
    await giveAnswers()
    expect([port.transport.dtls.sessionCount, messages]).toEqual([0, []])
    meter(40_001, newKey).say(2)
    await settle()
    expect([port.transport.dtls.sessionCount, messages]).toEqual([1, ['02']])
  })

  it('lets nobody resume once the key in its place was seen, though nobody told', async () => {
    const { port, connect, settle, replaceKey } = setUp()
    const { resumable } = await (async () => {
      const client = connect(40_000, oldKey)
      await settle()
      return client
    })()
    replaceKey()
    connect(40_001, newKey)
    await settle()
    expect(port.transport.dtls.sessionCount).toBe(0)
    connect(40_002, newKey)
    await settle()
    expect(port.transport.dtls.sessionCount).toBe(1)
    connect(40_003, oldKey, resumable)
    await settle()
    expect(resumable).toBeDefined()
    expect(port.counters()).toMatchObject({ resumptions: 0, sessions: 1 })
  })

  it('is found out when nobody told', async () => {
    const { port, settle, meter, replaceKey } = setUp()
    meter(40_000, oldKey).say(1)
    await settle()
    expect(await port.missed()).toEqual([])
    replaceKey()
    expect(await port.missed()).toEqual(['device'])
  })
})

describe('the last flush of the sessions', () => {
  it('takes in what is heard while it writes', async () => {
    const { port, stored, settle, meter, holdAnswers, giveAnswers } = setUp()
    const device = meter(40_000, oldKey)
    device.say(1)
    await settle()
    const [before] = [...stored.values()].map(({ generation }) => generation)
    holdAnswers()
    const flushed = port.flush()
    await settle()
    device.say(2)
    await settle()
    await giveAnswers()
    await flushed
    expect([...stored.values()].map(({ generation }) => generation)).toEqual([before + 2])
  })
})

describe('handshakes with a wrong key in the name of a device', () => {
  it('are told on its page, at the price of one row for many', async () => {
    const { port, noted, settle, meter } = setUp()
    const strangers = Array.from({ length: 10 }, (_, i) => meter(40_000 + i, newKey))
    for (const stranger of strangers) stranger.say(1)
    await settle()
    expect(port.counters()).toMatchObject({ handshakesStarted: 10, handshakesCompleted: 0, forged: 10 })
    expect(noted).toMatchObject([
      [{ deviceId: 'device', handshakes: 0, failed: { failure: 'wrong-key-suspected' } }],
    ])
  })
})
