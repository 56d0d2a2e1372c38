import { fromHex } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { forged, goodHello, greet, plainMessages } from '../forge.test-support.js'
import { Pair, ascii, credentialsOf, der, peerAt, pskKey } from '../pair.test-support.js'
import { ExtensionType, HandshakeType, noBytes } from '../wire.js'
import { readServerHello, writeClientHello, writeServerHello } from './hello.js'
import { isHostName, serverName, serverNameOf } from './server-name.js'

const read = (body: Uint8Array): string | undefined =>
  serverNameOf(new Map([[ExtensionType.ServerName, body]]))
/** A list of names: type and bytes. */
const listOf = (...names: [number, Uint8Array][]): Uint8Array => {
  const list = names.flatMap(([type, bytes]) => [type, bytes.length >> 8, bytes.length & 0xff, ...bytes])
  return Uint8Array.of(list.length >> 8, list.length & 0xff, ...list)
}
const named = (text: string): Uint8Array => listOf([0, ascii(text)])

describe('the body of server_name (RFC 6066 §3)', () => {
  it('is one host name, whatever its case, and other kinds of names say nothing', () => {
    expect(serverNameOf(new Map())).toBeUndefined()
    expect(read(serverName('meters.example'))).toBe('meters.example')
    expect(read(named('Meters.EXAMPLE'))).toBe('meters.example')
    expect(read(listOf([7, ascii('?')], [0, ascii('a')]))).toBe('a')
    expect(read(listOf([7, ascii('?')]))).toBeUndefined()
  })

  it.each(['192.0.2.7', '::1', '2001:db8::7', 'fe80::1%eth0', '::ffff:192.0.2.7'])(
    'that is the address %s names nobody: clients may not send it, and some do',
    (address) => {
      expect(read(named(address))).toBeUndefined()
      expect(isHostName(address)).toBe(false)
    },
  )

  it.each([
    ['an empty body', noBytes],
    ['an empty list', fromHex('0000')],
    ['a list longer than the body', fromHex('0005000001')],
    ['bytes behind the list', Uint8Array.of(...named('a'), 0)],
    ['a name longer than the list', fromHex('00040000ff61')],
    ['an empty name', named('')],
    ['two names', listOf([0, ascii('a')], [0, ascii('b')])],
    ['a dot at the end', named('meters.example.')],
    ['an empty label', named('meters..example')],
    ['a label of 64 letters', named(`${'a'.repeat(64)}.example`)],
    ['a name of 254 letters', named(`${'a.'.repeat(126)}ab`)],
    ['a hyphen before a label', named('-a.example')],
    ['a blank', named('a b')],
    ['a line break', named('a\nb')],
    ['a zero', named('a\0')],
    ['UTF-8', named('zähler.example')],
  ])('that is %s is refused', (_what, body) => {
    expect(() => read(body)).toThrow()
  })
})

it('a name of 2000 colons costs no more than a short one', () => {
  const costOf = (length: number): number => {
    const body = named(`${':'.repeat(length)}x`)
    const began = performance.now()
    for (let i = 0; i < 20; i++) expect(() => read(body)).toThrow()
    return performance.now() - began
  }
  costOf(250)
  expect(costOf(2_000)).toBeLessThan(5 * costOf(250) + 20)
})

describe('a client that names its server', () => {
  const echo = (pair: Pair): Uint8Array | undefined =>
    pair.sent
      .flatMap(({ bytes }) => plainMessages(bytes))
      .filter(({ type }) => type === HandshakeType.ServerHello)
      .map(({ body }) => readServerHello(body).extensions.get(ExtensionType.ServerName))
      .at(-1)

  it('has its key looked up by the name, too, and gets an empty echo', async () => {
    const asked: (string | undefined)[] = []
    const pair = new Pair({
      psk: (_identity, _peer, name) => {
        asked.push(name)
        return pskKey
      },
    })
    await pair.open({ serverName: 'Meters.example' })
    expect(echo(pair)).toHaveLength(0)
    await pair.open()
    expect(echo(pair)).toBeUndefined()
    expect(asked).toEqual(['meters.example', undefined])
  })

  it('is shown the certificate for that name, and whoever judges it hears the name', async () => {
    const heard: unknown[] = []
    const pair = new Pair({
      credentials: credentialsOf('server'),
      credentialsFor: (name) => (name === 'deep.example' ? credentialsOf('deep', 'sub') : undefined),
      verifyPeer: ({ serverName: name }) => heard.push(name) > 0,
    })
    const shown = async (name?: string): Promise<Uint8Array | undefined> => {
      let first: Uint8Array | undefined
      await pair.open({
        suites: [0xc0ae],
        credentials: credentialsOf('meter'),
        ...(name ? { serverName: name } : {}),
        verifyPeer: (presented) => {
          if (presented.kind === 'x509') first = presented.chain[0]
          heard.push(presented.serverName)
          return true
        },
      })
      return first
    }
    expect(await shown('deep.example')).toEqual(der('deep'))
    expect(await shown('other.example')).toEqual(der('server'))
    expect(await shown()).toEqual(der('server'))
    expect(heard).toEqual([
      'deep.example',
      'deep.example',
      'other.example',
      'other.example',
      undefined,
      undefined,
    ])
  })

  it('does not get a handshake where the choice of credentials fails', async () => {
    const pair = new Pair({
      credentialsFor: () => {
        throw new Error('no such file')
      },
      verifyPeer: () => true,
    })
    pair.connect({ suites: [0xc0ae], verifyPeer: () => true, serverName: 'a.example' })
    await pair.settle()
    expect(pair.notices.of('handshake-error')).toMatchObject([
      { failure: 'look-up-failed', detail: 'Error: no such file' },
    ])
  })

  it('resumes only under the name that the session was opened for, without an echo', async () => {
    const pair = new Pair()
    const first = await pair.open({ serverName: 'a.example' })
    const resume = first.client.resumable
    expect((await pair.open({ serverName: 'A.example', resume })).session.resumed).toBe(true)
    expect(echo(pair)).toBeUndefined()
    expect((await pair.open({ serverName: 'b.example', resume })).session.resumed).toBe(false)
    // a client that insists
    const insisting = resume && { ...resume, serverName: 'b.example' }
    expect((await pair.open({ serverName: 'b.example', resume: insisting })).session.resumed).toBe(false)
    expect((await pair.open({ resume })).session.resumed).toBe(false)
  })

  it('and sends nonsense is refused with an alert, once its address is proved', () => {
    const pair = new Pair()
    const [answer] = greet(pair, peerAt('203.0.113.9', 7_000), {
      ...goodHello,
      extensions: new Map([[ExtensionType.ServerName, named('no name')]]),
    })
    expect(pair.notices.of('handshake-error')).toMatchObject([{ failure: 'illegal-parameter' }])
    expect([...answer.subarray(-2)]).toEqual([2, 47])
  })

  it('cannot begin with what is no host name', () => {
    const pair = new Pair()
    for (const name of ['', '192.0.2.7', 'a..b', 'zähler.example'])
      expect(() => pair.connect({ serverName: name })).toThrow(RangeError)
  })

  it('refuses an echo that says something, and awaits the true one', async () => {
    const pair = new Pair()
    pair.road = (bytes) => [{ bytes, afterMs: 0 }]
    const client = pair.connect({ serverName: 'a.example' })
    const hello = { ...goodHello, suite: 0xc0a8, compression: 0, sessionId: noBytes }
    client.client.receive(
      forged(
        HandshakeType.ServerHello,
        0,
        writeServerHello({ ...hello, extensions: new Map([[ExtensionType.ServerName, named('b.example')]]) }),
      ),
    )
    expect(client.client.counters.discarded).toBe(1)
    await pair.settle()
    expect(client.notices.of('session')).toHaveLength(1)
  })
})

it('a ClientHello with the longest name is within what a server reads', () => {
  const name = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`
  expect(isHostName(name)).toBe(true)
  const body = writeClientHello({ ...goodHello, extensions: new Map([[0, serverName(name)]]) })
  expect(body.length).toBeLessThan(2048)
})
