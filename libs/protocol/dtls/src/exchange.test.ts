import { describe, expect, it } from 'vitest'
import { seededRandom } from '@fieldline/bytes'
import {
  Pair,
  ascii,
  credentialsOf,
  der,
  ecdheSuites,
  psk,
  pskSuites,
  roughRoad,
} from './pair.test-support.js'
import { verifyChain } from './certificates/path.js'

const trust = { anchors: [der('root')], now: Date.UTC(2026, 10, 22) }
const certificateServer = {
  credentials: credentialsOf('server'),
  verifyPeer: (presented: { kind: string; chain?: readonly Uint8Array[] }) => {
    if (presented.chain) verifyChain(presented.chain, trust)
    return true
  },
}
const certificateClient = {
  credentials: credentialsOf('meter'),
  verifyPeer: certificateServer.verifyPeer,
}

describe('a session', () => {
  it.each(pskSuites)(
    'opens with PSK suite %i, says who the peer is, and carries messages both ways',
    async (suite) => {
      const pair = new Pair({ psk: async () => psk.key })
      const { client, notices, session } = await pair.open({ suites: [suite] })
      expect(session.identity).toEqual({ kind: 'psk', identity: psk.identity })
      expect(session.extendedMasterSecret).toBe(true)
      client.send(ascii('up'))
      pair.server.send(ascii('down'), session)
      await pair.settle()
      expect(pair.notices.messages).toEqual(['up'])
      expect(notices.messages).toEqual(['down'])
    },
  )

  it.each(ecdheSuites)('opens with certificates on both sides and suite %i', async (suite) => {
    const pair = new Pair(certificateServer)
    const { session } = await pair.open({ suites: [suite], ...certificateClient })
    expect(session.identity).toMatchObject({ kind: 'x509', commonName: 'meter' })
  })

  it('opens with raw public keys on both sides', async () => {
    const pair = new Pair({
      credentials: { privateKey: credentialsOf('server').privateKey },
      verifyPeer: () => true,
    })
    const { session } = await pair.open({
      suites: [0xc0ae],
      serverCertificates: ['raw-public-key'],
      credentials: { privateKey: credentialsOf('meter').privateKey },
      verifyPeer: () => true,
    })
    expect(session.identity.kind).toBe('raw-public-key')
  })

  it('is resumed by its session id, with new keys and the same identity', async () => {
    const pair = new Pair()
    const first = await pair.open()
    first.client.close()
    await pair.settle()
    const { session } = await pair.open({ resume: first.client.resumable })
    expect(session).toMatchObject({ resumed: true, identity: { kind: 'psk', identity: psk.identity } })
    expect(pair.notices.of('closed')).toMatchObject([{ reason: 'closed-by-peer' }])
  })

  it.each([
    ['PSK', 0xc0a8],
    ['certificates', 0xc0ae],
  ])(
    'always opens, with %s, where a fifth is lost, a tenth doubled and a fifth out of order',
    async (_name, suite) => {
      for (let seed = 1; seed <= 40; seed++) {
        const pair = new Pair(
          { ...certificateServer, mtu: 300, timers: { initialMs: 1_000, maxMs: 8_000, retransmissions: 12 } },
          seed,
        )
        pair.road = roughRoad(seededRandom(seed * 7919), 0.2, 0.1, 0.2)
        const client = pair.connect({
          suites: [suite],
          mtu: 300,
          timers: { initialMs: 1_000, maxMs: 8_000, retransmissions: 12 },
          ...(suite === 0xc0ae ? certificateClient : {}),
          ...(seed % 2 ? { cid: Uint8Array.of() } : {}),
        })
        for (let i = 0; i < 400 && client.notices.of('session').length === 0; i++) {
          pair.clock.advance(200)
          await pair.settle(2)
        }
        expect(
          client.notices.all.map(({ type }) => type),
          `seed ${seed}`,
        ).toContain('session')
        expect(pair.notices.of('session').length, `seed ${seed}`).toBeGreaterThan(0)
        pair.road = (bytes) => [{ bytes, afterMs: 0 }]
        pair.clock.advance(1_000)
        client.client.send(ascii('hello'))
        await pair.settle()
        expect(pair.notices.messages).toEqual(['hello'])
      }
    },
  )
})
