import { Code, ProtocolError } from '@fieldline/bytes'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FreshnessRequired, NoAnswer } from './errors.js'
import { noBytes } from './message.js'
import type { CoapRequest, CoapResponse, Peer } from './message.js'
import type { Notification } from './observe.js'
import type { CoapEndpoint, IncomingRequest } from './port.js'

/** Two endpoints that can reach each other. */
export interface EndpointPair {
  readonly client: CoapEndpoint
  readonly server: CoapEndpoint
  /** The server as the client addresses it. */
  readonly serverPeer: Peer
  /** Nobody is there. */
  readonly nobody: Peer
  /** Waits for a promise: lets virtual time pass, or real time, at most as long as the pair can need. */
  run<T>(promise: Promise<T>): Promise<T>
  close(): Promise<void>
}

/** Tests that an adapter is known to fail, by name, with the reason: they are run, and must fail. */
export type KnownFailures = Readonly<Record<string, string>>

const longBody = Uint8Array.from({ length: 20 * 1024 }, (_, i) => (i * 31 + (i >> 8)) & 0xff)

function ask(code: Code, path: string, fields: Partial<CoapRequest> = {}): CoapRequest {
  return { code, uriPath: path.split('/'), uriQuery: [], payload: noBytes, ...fields }
}

function content(payload: Uint8Array = noBytes, fields: Partial<CoapResponse> = {}): CoapResponse {
  return { code: Code.Content, payload, ...fields }
}

/** Declares the tests that every `CoapEndpoint` must pass, against whatever peer `makePair` gives it. */
export function coapEndpointContract(
  name: string,
  makePair: () => Promise<EndpointPair>,
  knownFailures: KnownFailures = {},
): void {
  describe(`CoapEndpoint contract: ${name}`, () => {
    let pair: EndpointPair
    beforeEach(async () => {
      pair = await makePair()
    })
    afterEach(() => pair.close())

    const request = (asked: CoapRequest) => pair.run(pair.client.request(pair.serverPeer, asked))
    const declared = new Set<string>()
    const test = (statement: string, body: () => Promise<void>) => {
      declared.add(statement)
      const reason = knownFailures[statement]
      if (!reason) return it(statement, body)
      // It has to fail: one that holds by now is known no longer.
      it(`${statement} (known not to: ${reason})`, () => expect(body()).rejects.toThrow())
    }

    test('carries path, query, formats and payload to the handler and the answer back', async () => {
      const seen: IncomingRequest[] = []
      pair.server.serve((given) => {
        seen.push(given)
        return content(Uint8Array.of(0, 255, 128), { contentFormat: 42 })
      })
      const fields = { uriQuery: ['ep=urn:x', 'lt=60'], contentFormat: 40, payload: Uint8Array.of(1, 0, 255) }
      const answer = await request(ask(Code.Post, 'rd/é b', fields))
      expect(seen).toHaveLength(1)
      expect(seen[0].code).toBe(Code.Post)
      expect(seen[0].uriPath).toEqual(['rd', 'é b'])
      expect(seen[0].uriQuery).toEqual(fields.uriQuery)
      expect(seen[0].contentFormat).toBe(40)
      expect([...seen[0].payload]).toEqual([1, 0, 255])
      expect(answer.code).toBe(Code.Content)
      expect(answer.contentFormat).toBe(42)
      expect([...answer.payload]).toEqual([0, 255, 128])
    })

    test('carries every method', async () => {
      const seen: number[] = []
      pair.server.serve((given) => {
        seen.push(given.code)
        return content()
      })
      const methods = [Code.Get, Code.Post, Code.Put, Code.Delete, Code.Fetch, Code.Patch, Code.IPatch]
      for (const method of methods) {
        const payload = method === Code.Get || method === Code.Delete ? noBytes : Uint8Array.of(1)
        await request(ask(method, 'x', { payload, contentFormat: payload.length > 0 ? 60 : undefined }))
      }
      expect(seen).toEqual(methods)
    })

    test('gives Accept to the handler', async () => {
      let accept: number | undefined
      pair.server.serve((given) => {
        accept = given.accept
        return content()
      })
      await request(ask(Code.Get, 'x', { accept: 60 }))
      expect(accept).toBe(60)
    })

    test('resolves with an error code', async () => {
      pair.server.serve(() => ({ code: Code.MethodNotAllowed, payload: noBytes }))
      expect((await request(ask(Code.Put, 'x', { payload: Uint8Array.of(1) }))).code).toBe(
        Code.MethodNotAllowed,
      )
    })

    test('carries Location-Path', async () => {
      pair.server.serve(() => ({ code: Code.Created, locationPath: ['rd', '5a3f'], payload: noBytes }))
      const answer = await request(ask(Code.Post, 'rd'))
      expect(answer).toMatchObject({ code: Code.Created, locationPath: ['rd', '5a3f'] })
    })

    test('carries a request body of 20 KiB, once', async () => {
      const seen: Uint8Array[] = []
      pair.server.serve((given) => {
        seen.push(given.payload)
        return { code: Code.Changed, payload: noBytes }
      })
      expect((await request(ask(Code.Put, '5/0/0', { payload: longBody }))).code).toBe(Code.Changed)
      expect(seen).toHaveLength(1)
      expect(Buffer.compare(seen[0], longBody)).toBe(0)
    })

    test('carries an answer of 20 KiB', async () => {
      pair.server.serve(() => content(longBody, { contentFormat: 42 }))
      const answer = await request(ask(Code.Get, 'x'))
      expect(answer.code).toBe(Code.Content)
      expect(Buffer.compare(answer.payload, longBody)).toBe(0)
    })

    test('carries a body of 20 KiB both ways in one exchange', async () => {
      pair.server.serve((given) => content(given.payload))
      const answer = await request(ask(Code.Post, 'x', { payload: longBody }))
      expect(Buffer.compare(answer.payload, longBody)).toBe(0)
    })

    test('refuses a body over 64 KiB with 4.13', async () => {
      pair.server.serve(() => content())
      const answer = await request(ask(Code.Put, 'x', { payload: new Uint8Array(70_000) }))
      expect(answer.code).toBe(Code.RequestEntityTooLarge)
    })

    test('answers when the handler has finished', async () => {
      pair.server.serve(async () => {
        for (let i = 0; i < 10; i++) await Promise.resolve()
        return content(Uint8Array.of(9))
      })
      expect([...(await request(ask(Code.Get, 'x'))).payload]).toEqual([9])
    })

    test('answers a ProtocolError with its code and diagnostic', async () => {
      pair.server.serve(() => {
        throw new ProtocolError(Code.BadRequest, 'ep is missing')
      })
      const answer = await request(ask(Code.Post, 'rd'))
      expect(answer.code).toBe(Code.BadRequest)
      expect(new TextDecoder().decode(answer.payload)).toBe('ep is missing')
    })

    test('answers any other failure with 5.00', async () => {
      pair.server.serve(() => Promise.reject(new Error('broken')))
      expect((await request(ask(Code.Get, 'x'))).code).toBe(Code.InternalServerError)
    })

    test('processes the retransmission anew after NoAnswer', async () => {
      let calls = 0
      pair.server.serve(() => {
        if (++calls === 1) throw new NoAnswer()
        return content()
      })
      expect((await request(ask(Code.Post, 'dp', { payload: Uint8Array.of(1) }))).code).toBe(Code.Content)
      expect(calls).toBe(2)
    })

    test('answers separately after an early acknowledgement', async () => {
      pair.server.serve((given) => {
        given.acknowledge()
        return content(Uint8Array.of(4))
      })
      expect([...(await request(ask(Code.Get, 'x'))).payload]).toEqual([4])
    })

    test('gives each of many simultaneous requests its own answer', async () => {
      pair.server.serve((given) => Promise.resolve(content(new TextEncoder().encode(given.uriPath[0]))))
      const paths = Array.from({ length: 40 }, (_, i) => `p${i}`)
      const answers = paths.map((path) => pair.client.request(pair.serverPeer, ask(Code.Get, path)))
      const payloads = (await pair.run(Promise.all(answers))).map(({ payload }) =>
        new TextDecoder().decode(payload),
      )
      expect(payloads).toEqual(paths)
    })

    test('carries a non-confirmable request and its answer', async () => {
      let confirmable: boolean | undefined
      pair.server.serve((given) => {
        confirmable = given.confirmable
        return content(Uint8Array.of(1))
      })
      expect((await request(ask(Code.Get, 'x', { confirmable: false }))).code).toBe(Code.Content)
      expect(confirmable).toBe(false)
    })

    /** Registers an observation and sends notifications with the values 1 to `count`; answers what became of each. */
    const observe = async (count: number, decide: (seen: number) => 'ack' | 'reset') => {
      let observer: { token: Uint8Array; peer: Peer } | undefined
      pair.server.serve((given, peer) => {
        observer = { token: given.token, peer }
        return content(Uint8Array.of(0), { observe: 1 })
      })
      const seen: Notification[] = []
      const token = pair.client.newToken()
      pair.client.onNotification((notification) => decide(seen.push(notification)))
      const asked = ask(Code.Get, '3/0', { observe: 0 })
      const first = await pair.run(pair.client.request(pair.serverPeer, asked, { token }))
      expect(first.observe).toBeTypeOf('number')
      const results: string[] = []
      for (let value = 1; value <= count; value++) {
        const fields = content(Uint8Array.of(value), { observe: value + 1 })
        const notification = { ...fields, token: observer!.token }
        results.push(await pair.run(pair.server.notify(observer!.peer, notification)))
      }
      expect(seen.every((notification) => Buffer.compare(notification.token, token) === 0)).toBe(true)
      return { results, values: seen.map(({ payload }) => payload[0]) }
    }

    test('carries three notifications in order', async () => {
      const { results, values } = await observe(3, () => 'ack')
      expect(results).toEqual(['acknowledged', 'acknowledged', 'acknowledged'])
      expect(values).toEqual([1, 2, 3])
    })

    test('tells the observed side of a reset', async () => {
      const { results } = await observe(2, (seen) => (seen < 2 ? 'ack' : 'reset'))
      expect(results).toEqual(['acknowledged', 'reset'])
    })

    test('proves that a request is fresh when the server demands it', async () => {
      let handled = 0
      pair.server.serve((given) => {
        if (!given.isFresh(60_000)) throw new FreshnessRequired()
        handled++
        return content()
      })
      expect((await request(ask(Code.Post, 'x'))).code).toBe(Code.Content)
      expect((await request(ask(Code.Put, 'x', { payload: longBody }))).code).toBe(Code.Content)
      expect(handled).toBe(2)
    })

    test('sends no answer that is not wanted', async () => {
      pair.server.serve(({ uriPath }) => ({
        code: uriPath[0] === 'x' ? Code.Changed : Code.NotFound,
        payload: noBytes,
      }))
      const unwanted = { noResponse: 26 }
      expect((await request(ask(Code.Put, 'x', unwanted))).code).toBe(Code.Empty)
      expect((await request(ask(Code.Put, 'x', { ...unwanted, confirmable: false }))).code).toBe(Code.Empty)
      expect((await request(ask(Code.Put, 'y', { noResponse: 2 }))).code).toBe(Code.NotFound)
    })

    test('carries a FETCH of 20 KiB and its answer of 20 KiB', async () => {
      pair.server.serve((given) => content(given.payload.map((byte) => byte ^ 0xff)))
      const answer = await request(ask(Code.Fetch, 'x', { payload: longBody, contentFormat: 60 }))
      expect(
        Buffer.compare(
          answer.payload,
          longBody.map((byte) => byte ^ 0xff),
        ),
      ).toBe(0)
    })

    test('observes with FETCH', async () => {
      let observer: { token: Uint8Array; peer: Peer } | undefined
      pair.server.serve((given, peer) => {
        observer = { token: given.token, peer }
        return content(given.payload, { observe: 1 })
      })
      const seen = new Promise<number>((resolve) =>
        pair.client.onNotification(({ payload }) => (resolve(payload[0]), 'ack')),
      )
      const asked = ask(Code.Fetch, 'x', { observe: 0, payload: Uint8Array.of(7), contentFormat: 60 })
      const first = await request(asked)
      expect([first.observe !== undefined, first.payload[0]]).toEqual([true, 7])
      const notification = { ...content(Uint8Array.of(8), { observe: 2 }), token: observer!.token }
      expect(await pair.run(pair.server.notify(observer!.peer, notification))).toBe('acknowledged')
      // over a stream it has left, and may still be on its way
      expect(await pair.run(seen)).toBe(8)
    })

    test('carries bodies to several resources at once', async () => {
      const lengths: number[] = []
      pair.server.serve((given) => {
        lengths.push(given.payload.length)
        return content(given.payload)
      })
      const bodies = [2_000, 3_000, 4_000].map((length) => longBody.subarray(0, length))
      const asked = bodies.map((payload, i) => ask(Code.Post, `p${i}`, { payload }))
      const answers = await pair.run(
        Promise.all(asked.map((one) => pair.client.request(pair.serverPeer, one))),
      )
      answers.forEach(({ payload }, i) => expect(Buffer.compare(payload, bodies[i])).toBe(0))
      expect(lengths.sort((a, b) => a - b)).toEqual([2_000, 3_000, 4_000])
    })

    test('answers a ping', async () => {
      await pair.run(pair.client.ping(pair.serverPeer))
    })

    test('rejects with timeout when nobody answers', async () => {
      const outcome = pair.client.request(pair.nobody, ask(Code.Get, 'x')).catch((error: unknown) => error)
      expect(await pair.run(outcome)).toMatchObject({ reason: 'timeout', sent: true, acknowledged: false })
    })

    test('rejects what is open when it is closed', async () => {
      const outcome = pair.client.request(pair.nobody, ask(Code.Get, 'x')).catch((error: unknown) => error)
      await pair.client.close()
      expect(await pair.run(outcome)).toMatchObject({ reason: 'closed' })
    })

    it('knows every test that is named as a known failure', () => {
      expect(Object.keys(knownFailures).filter((statement) => !declared.has(statement))).toEqual([])
    })
  })
}
