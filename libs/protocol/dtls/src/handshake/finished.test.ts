import { seededRandom } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { createCounters } from '../counters.js'
import { peerAt, psk } from '../pair.test-support.js'
import { readRecord } from '../record/record.js'
import { suites } from '../suites.js'
import { Surroundings, timerProfiles } from '../surroundings.js'
import { HandshakeType } from '../wire.js'
import { ClientHandshake } from './client-handshake.js'
import type { Handshake } from './handshake.js'
import { readHelloHead } from './hello.js'
import { handshakeHeader } from './message.js'
import { ServerHandshake } from './server-handshake.js'

const peer = peerAt('192.0.2.1')
const surroundings = (seed: number): Surroundings =>
  new Surroundings(seededRandom(seed), timerProfiles.wired, 1200, createCounters())
const clientRules = {
  suites: suites.filter(({ id }) => id === 0xc0a8),
  psk,
  credentials: undefined,
  own: [],
  ofServer: [],
  allowMacThenEncrypt: false,
  cid: undefined,
  serverName: undefined,
  resume: undefined,
}
const serverRules = {
  suites,
  psk: true,
  credentialsFor: undefined,
  allowMacThenEncrypt: false,
  ofClients: [],
  credentials: undefined,
  pskHint: undefined,
  resumption: undefined,
  newCid: undefined,
}

/** Both know the key, and one of them says something else about what was said. */
class LyingClient extends ClientHandshake {
  protected override addFinished(): void {
    this.add(HandshakeType.Finished, new Uint8Array(12))
  }
}
class LyingServer extends ServerHandshake {
  protected override addFinished(): void {
    this.add(HandshakeType.Finished, new Uint8Array(12))
  }
}

function shakeHands(Client: typeof ClientHandshake, Server: typeof ServerHandshake): [Handshake, Handshake] {
  const ours = surroundings(1)
  const theirs = surroundings(2)
  const client = new Client(ours, clientRules, peer)
  client.begin()
  const hello = readRecord(ours.collect(undefined).datagrams[0].bytes, 0, 0)
  if (!hello) throw new Error('no ClientHello')
  const server = new Server(theirs, serverRules, peer, {
    random: readHelloHead(hello.fragment.subarray(handshakeHeader)).random,
    messageSequence: 0,
    recordSequence: 0,
    cookie: { fits: () => true },
  })
  server.receive(hello)
  for (let round = 0; round < 4; round++) {
    for (const [from, to] of [
      [theirs, client],
      [ours, server],
    ] as const)
      for (const { bytes } of from.collect(undefined).datagrams)
        for (let at = 0; at < bytes.length;) {
          const record = readRecord(bytes, at, 0)
          if (!record) break
          at = record.end
          to.receive(record)
        }
    if (server.question) server.answer({ kind: 'key', key: psk.key })
  }
  return [client, server]
}

describe('Finished', () => {
  it('of both sides opens the session', () => {
    expect(shakeHands(ClientHandshake, ServerHandshake).map(({ state }) => state)).toEqual(['open', 'open'])
  })

  it('of the client that does not verify ends the handshake, although its key is right', () => {
    const [client, server] = shakeHands(LyingClient, ServerHandshake)
    expect(server).toMatchObject({ state: 'failed', failure: { failure: 'bad-finished' } })
    expect(client.state).not.toBe('open')
  })

  it('of the server that does not verify ends it, too', () => {
    const [client] = shakeHands(ClientHandshake, LyingServer)
    expect(client).toMatchObject({ state: 'failed', failure: { failure: 'bad-finished' } })
  })
})
