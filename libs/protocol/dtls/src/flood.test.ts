import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { ManualClock, seededRandom } from '@fieldline/bytes'
import { connectDtls } from './client/client.js'
import { createDtlsServer } from './endpoint/server.js'
import { defaultLimits } from './endpoint/limits.js'
import { forged, goodHello } from './forge.test-support.js'
import type { DtlsPeer } from './identity.js'
import { writeClientHello } from './handshake/hello.js'
import { psk, pskKey } from './pair.test-support.js'
import { HandshakeType } from './wire.js'

/** Far more than the handshakes that are allowed. */
const many = 100_000
/** What a server may take that keeps nothing of strangers: measured 0.9 to 1.6 MiB; an address kept of each would be 18 MiB. */
const idleBytes = 2.5 * 2 ** 20
const cookieLength = 25
/** Bytes that a handshake may take which has got no further than the server's first flight. */
const perHandshake = 12_000
/** Each from an address of its own. */
const strangerAt = (n: number): DtlsPeer => {
  const address = `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`
  return { id: `${address}:5684`, address, port: 5684 }
}
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
/** Bytes that are alive. */
function used(): number {
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

describe('100,000 strangers', () => {
  it(
    'cost nothing that stays before they return their cookie, then a bounded number of handshakes, of which the oldest give way',
    { timeout: 300_000 },
    () => {
      const clock = new ManualClock(1_800_000_000_000)
      const failures = new Map<string, number>()
      let answer: Uint8Array = new Uint8Array(0)
      let bytes = 0
      const server = createDtlsServer({
        clock,
        random: seededRandom(1),
        send: (datagram) => {
          answer = datagram
          bytes += datagram.length
        },
        notify: (notice) => {
          if (notice.type === 'handshake-error')
            failures.set(notice.failure, (failures.get(notice.failure) ?? 0) + 1)
        },
        psk: () => pskKey,
      })
      const first = forged(HandshakeType.ClientHello, 0, writeClientHello(goodHello), 0)
      const cookies = new Uint8Array(many * cookieLength)
      const before = used()
      for (let n = 0; n < many; n++) {
        server.receive(first, strangerAt(n))
        cookies.set(answer.subarray(-cookieLength), n * cookieLength)
      }
      expect(server.handshakeCount).toBe(0)
      expect(server.counters.cookiesSent).toBe(many)
      expect(bytes).toBeLessThanOrEqual(many * first.length)
      expect(used() - before).toBeLessThan(idleBytes)

      for (let n = 0; n < many; n++) {
        const cookie = cookies.subarray(n * cookieLength, (n + 1) * cookieLength)
        server.receive(
          forged(HandshakeType.ClientHello, 1, writeClientHello({ ...goodHello, cookie }), 1),
          strangerAt(n),
        )
      }
      const { handshakes } = defaultLimits
      expect(server.handshakeCount).toBe(handshakes)
      expect(server.counters.handshakesStarted).toBe(many)
      expect(failures).toEqual(new Map([['overload', many - handshakes]]))
      expect(used() - before).toBeLessThan(idleBytes + handshakes * perHandshake)

      // who is honest is served in the middle of it
      const inbox: Uint8Array[] = []
      let opened = 0
      const me = strangerAt(many + 1)
      const client = connectDtls({
        clock,
        random: seededRandom(2),
        server: me,
        send: (datagram) => void inbox.push(datagram),
        notify: ({ type }) => void (opened += Number(type === 'session')),
        psk,
      })
      for (let next = inbox.shift(); next; next = inbox.shift()) {
        const sent = server.counters.datagramsSent
        server.receive(next, me)
        if (server.counters.datagramsSent > sent) client.receive(answer)
      }
      expect(opened).toBe(1)

      clock.advance(600_000)
      expect(server.handshakeCount).toBe(0)
      expect(used() - before).toBeLessThan(idleBytes)
      server.shutdown()
    },
  )
})
