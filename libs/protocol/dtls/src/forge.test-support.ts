import { readClientHello, writeClientHello } from './handshake/hello.js'
import type { ClientHello } from './handshake/hello.js'
import { readFragments, wholeMessage, writeFragment } from './handshake/message.js'
import type { Pair } from './pair.test-support.js'
import { plainRecord, readRecord } from './record/record.js'
import type { DtlsPeer } from './identity.js'
import type { DtlsSession } from './session/session.js'
import { Session } from './session/session.js'
import { ContentType, HandshakeType, Version, noBytes } from './wire.js'

/** A ClientHello that our server would take, to be spoilt. */
export const goodHello: ClientHello = {
  version: Version.Dtls12,
  random: new Uint8Array(32).fill(7),
  sessionId: noBytes,
  cookie: noBytes,
  suites: [0xc0a8],
  compressions: Uint8Array.of(0),
  extensions: new Map(),
}

/** The session behind what callers see: tests may look inside. */
export function inside(session: DtlsSession): Session {
  if (!(session instanceof Session)) throw new Error('not a session of this library')
  return session
}

/** Handshake messages of epoch 0 in a datagram. */
export function plainMessages(datagram: Uint8Array): { type: number; body: Uint8Array; sequence: number }[] {
  const found: { type: number; body: Uint8Array; sequence: number }[] = []
  for (let at = 0; at < datagram.length;) {
    const record = readRecord(datagram, at, 0)
    if (!record) break
    at += record.bytes.length
    if (record.epoch === 0 && record.type === ContentType.Handshake)
      for (const one of readFragments(record.fragment))
        found.push({ type: one.type, body: one.bytes, sequence: one.messageSequence })
  }
  return found
}

/** A record of epoch 0 with one handshake message. */
export function forged(
  type: number,
  messageSequence: number,
  body: Uint8Array,
  recordSequence = 99,
): Uint8Array {
  return plainRecord(ContentType.Handshake, recordSequence, wholeMessage(type, messageSequence, body))
}

/** A handshake message in records of epoch 0 with at most `size` bytes of it each. */
export function inFragments(
  type: number,
  messageSequence: number,
  body: Uint8Array,
  size: number,
  recordSequence = 0,
): Uint8Array[] {
  return Array.from({ length: Math.ceil(body.length / size) }, (_, i) =>
    plainRecord(
      ContentType.Handshake,
      recordSequence + i,
      writeFragment(type, messageSequence, body, i * size, Math.min((i + 1) * size, body.length)),
    ),
  )
}

/** Sends a hello, fetches the cookie and sends it again with it; the datagrams that the second one was answered with. */
export function greet(pair: Pair, from: DtlsPeer, hello: ClientHello): Uint8Array[] {
  pair.server.receive(forged(HandshakeType.ClientHello, 0, writeClientHello(hello), 0), from)
  const request = pair.sent.at(-1)
  const [answer] = request ? plainMessages(request.bytes) : []
  if (answer?.type !== HandshakeType.HelloVerifyRequest) return []
  const before = pair.sent.length
  const cookie = answer.body.subarray(3)
  pair.server.receive(forged(HandshakeType.ClientHello, 1, writeClientHello({ ...hello, cookie }), 1), from)
  return pair.sent.slice(before).map(({ bytes }) => bytes)
}

/** The ClientHello in a datagram. */
export function helloIn(datagram: Uint8Array): ClientHello {
  const [message] = plainMessages(datagram)
  return readClientHello(message.body)
}
