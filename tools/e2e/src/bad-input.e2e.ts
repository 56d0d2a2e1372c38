import { createSocket } from 'node:dgram'
import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSystem, until } from './system.test-support.js'
import type { System } from './system.test-support.js'

let system: System
beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system.stop())

/** Sends datagrams from one socket and gives what comes back within a moment, as hexadecimal. */
async function exchange(...datagrams: string[]): Promise<string[]> {
  const socket = createSocket('udp4')
  const answers: string[] = []
  socket.on('message', (message) => answers.push(message.toString('hex')))
  for (const hex of datagrams) {
    socket.send(Buffer.from(hex, 'hex'), system.coapPort, '127.0.0.1')
    await new Promise((resolve) => setTimeout(resolve, 120))
  }
  socket.close()
  return answers
}

const ascii = (text: string): string => Buffer.from(text).toString('hex')
/** A confirmable POST /rd with a query and a payload, by hand: options Uri-Path (11), Content-Format (12), Uri-Query (15). */
function register(messageId: string, query: readonly string[], payload: string): string {
  const options = query.map((text, i) => {
    const bytes = Buffer.from(text)
    const delta = i === 0 ? 3 : 0
    return bytes.length < 13
      ? Buffer.concat([Buffer.from([(delta << 4) | bytes.length]), bytes])
      : Buffer.concat([Buffer.from([(delta << 4) | 13, bytes.length - 13]), bytes])
  })
  return `4102${messageId}aab27264${'1128'}${Buffer.concat(options).toString('hex')}${payload === '' ? '' : `ff${ascii(payload)}`}`
}

const counters = async (): Promise<Record<string, number>> =>
  (await system.call<{ counters: Record<string, number> }>('GET', '/v1/health')).body.counters

/** Waits until a counter has grown by so many, and no more. */
const grown = async (name: string, by: number, before: Record<string, number>): Promise<void> => {
  await until(`${by} more ${name}`, 10_000, async () => {
    const more = ((await counters())[name] ?? 0) - (before[name] ?? 0)
    expect(more).toBeLessThanOrEqual(by)
    return more === by
  })
}

describe('malformed CoAP', () => {
  it('is counted, answered as the RFC says, and harms nobody', async () => {
    const before = await counters()
    const answers = await exchange(
      '40', // too short: silence
      '4f010001', // token length 15: a reset
      '40010002ff', // payload marker and nothing after it
      '40010003f0', // reserved option nibble
      '4001000461', // an option that runs past the end
      '80010005', // version 2: silence
      '40000006', // ping
    )
    expect(answers).toContain('70000006')
    for (const answer of answers) expect(answer).toMatch(/^70000/)
    await until(
      'the counter of malformed messages',
      10_000,
      async () => ((await counters())['coap.malformed'] ?? 0) - (before['coap.malformed'] ?? 0) >= 5,
    )
    const { body } = await system.call<{ status: string }>('GET', '/v1/health')
    expect(body.status).toBe('ok')
  })

  it('with an unknown critical option is answered 4.02', async () => {
    const [answer] = await exchange('4101000711e0fcdc') // option 65001: odd, so critical, and nobody's
    expect(answer?.slice(0, 4)).toMatch(/^6(0|1)82$/)
  })

  it('to a path nobody serves is answered 4.04, with another method 4.05', async () => {
    expect((await exchange('4101000811b178'))[0]?.slice(0, 4)).toBe('6184')
    expect((await exchange('4101000911b27264'))[0]?.slice(0, 4)).toBe('6185')
  })
})

describe('a Register that is wrong', () => {
  it('is answered 4.00 without an endpoint, with a broken list, or with a lifetime that is no number, and counted', async () => {
    const before = await counters()
    expect((await exchange(register('0101', ['lt=60', 'lwm2m=1.1', 'b=U'], '</3/0>')))[0]?.slice(0, 4)).toBe(
      '6180',
    )
    expect(
      (await exchange(register('0102', ['ep=bad', 'lt=60', 'lwm2m=1.1', 'b=U'], '</3/0')))[0]?.slice(0, 4),
    ).toBe('6180')
    expect(
      (await exchange(register('0103', ['ep=bad', 'lt=soon', 'lwm2m=1.1', 'b=U'], '</3/0>')))[0]?.slice(0, 4),
    ).toBe('6180')
    expect((await system.call('GET', '/v1/devices/bad')).status).toBe(404)
    await grown('lwm2m.malformedRegisters', 3, before)
  })

  it('is answered 4.12 for a version that is not spoken here, and counted', async () => {
    const before = await counters()
    expect(
      (await exchange(register('0104', ['ep=new', 'lt=60', 'lwm2m=3.0', 'b=U'], '</3/0>')))[0]?.slice(0, 4),
    ).toBe('618c')
    await grown('lwm2m.malformedRegisters', 1, before)
  })

  it('is answered once and the same when it comes twice', async () => {
    const datagram = register('0105', ['ep=twice', 'lt=60', 'lwm2m=1.1', 'b=U'], '</3/0>')
    const answers = (await exchange(datagram, datagram)).filter((answer) => answer.slice(4, 8) === '0105')
    expect(answers).toHaveLength(2)
    expect(answers[0]).toBe(answers[1])
    expect(answers[0]?.slice(0, 4)).toBe('6141')
  })
})

describe('a registered client that says what nobody can read', () => {
  const socket = createSocket('udp4')
  const answers = new Map<string, Buffer>()
  let location = ''
  /** A confirmable POST by hand: Uri-Path (11), Content-Format (12), payload. */
  const post = async (
    messageId: string,
    path: readonly string[],
    format: string,
    body: string,
  ): Promise<string> => {
    const segments = path.map((text, i) => `${i === 0 ? 'b' : '0'}${text.length.toString(16)}${ascii(text)}`)
    const datagram = `4102${messageId}aa${segments.join('')}${format}ff${body}`
    socket.send(Buffer.from(datagram, 'hex'), system.coapPort, '127.0.0.1')
    const answer = await until(`the answer to ${messageId}`, 5_000, () => answers.get(messageId))
    return answer.toString('hex', 0, 2)
  }

  beforeAll(async () => {
    socket.on('message', (message) => {
      answers.set(message.toString('hex', 2, 4), message)
      // whatever it is asked it answers with 2.05 and a TLV that promises more than it holds
      const isRequest = message[1] > 0 && message[1] < 32
      if (!isRequest) return
      const tokenLength = message[0] & 15
      const head = Buffer.from([0x60 | tokenLength, 0x45])
      const rest = Buffer.from('c22d16ffc8092801', 'hex')
      socket.send(
        Buffer.concat([head, message.subarray(2, 4 + tokenLength), rest]),
        system.coapPort,
        '127.0.0.1',
      )
    })
    socket.send(
      Buffer.from(register('0201', ['ep=garbled', 'lt=600', 'lwm2m=1.1', 'b=U'], '</1/0>,</3/0>'), 'hex'),
      system.coapPort,
      '127.0.0.1',
    )
    const answer = await until('its registration', 5_000, () => answers.get('0201'))
    location = /rd.([\w-]{12})/.exec(answer.toString('latin1'))?.[1] ?? ''
  })
  afterAll(() => void socket.close())

  it('has its answers counted', async () => {
    await until(
      'an unreadable answer',
      10_000,
      async () => ((await counters())['lwm2m.undecodable'] ?? 0) >= 1,
    )
  })

  it('is answered 4.00 to an Update with a broken list, and counted', async () => {
    const before = await counters()
    expect(await post('0202', ['rd', location], '1128', ascii('</3/0'))).toBe('6180')
    await grown('lwm2m.malformedUpdates', 1, before)
  })

  it('is answered 4.00 to a Send of broken SenML JSON or CBOR and 4.15 to one of TLV, and counted', async () => {
    const before = await counters()
    expect(await post('0203', ['dp'], '116e', ascii('[{'))).toBe('6180')
    expect(await post('0204', ['dp'], '1170', '81a2')).toBe('6180')
    expect(await post('0205', ['dp'], '122d16', 'c80928')).toBe('618f')
    await grown('lwm2m.malformedSends', 3, before)
    const after = await counters()
    expect(after['lwm2m.sends']).toBe(before['lwm2m.sends'])
  })
})

describe('libcoap', () => {
  const client = process.env.COAP_CLIENT_PATH
  const coap = (...args: string[]): string => {
    const { stdout, stderr } = spawnSync(client ?? '', ['-B', '5', ...args], { encoding: 'utf8' })
    return stdout + stderr
  }

  it.runIf(client)('registers with an object list sent block by block', async () => {
    const links = Array.from({ length: 400 }, (_, i) => `</3303/${i}>`).join(',')
    coap(
      '-m',
      'post',
      '-b',
      '64',
      '-t',
      '40',
      '-e',
      links,
      `coap://127.0.0.1:${system.coapPort}/rd?ep=libcoap&lt=600&lwm2m=1.1&b=U`,
    )
    const { body } = await system.call<{ current: { links: unknown[] } }>('GET', '/v1/devices/libcoap')
    expect(body.current.links).toHaveLength(400)
  })

  it.runIf(client)('is told 4.13 when the list is longer than 64 KiB', async () => {
    const file = join(tmpdir(), `fieldline-links-${process.pid}`)
    writeFileSync(file, Array.from({ length: 6_000 }, (_, i) => `</33030/${i}>`).join(','))
    try {
      const said = coap(
        '-m',
        'post',
        '-b',
        '1024',
        '-t',
        '40',
        '-f',
        file,
        `coap://127.0.0.1:${system.coapPort}/rd?ep=long&lt=600&lwm2m=1.1&b=U`,
      )
      expect(said).toContain('4.13')
    } finally {
      rmSync(file)
    }
    expect((await system.call('GET', '/v1/devices/long')).status).toBe(404)
  })
})

describe('the API', () => {
  const put = (body: unknown) =>
    system.call<{ code: string; field?: string; status: number }>(
      'POST',
      '/v1/devices/twice/operations',
      body,
    )

  it('names the field of a request that is not well formed with 400', async () => {
    for (const [body, field] of [
      [{ kind: 'erase', path: '/3/0' }, 'kind'],
      [{ kind: 'read', path: 'three' }, 'path'],
      [{ kind: 'read', path: '/3/0', extra: 1 }, 'extra'],
      [{ kind: 'write', path: '/3/0/13' }, 'value'],
      [{ kind: 'read', path: '/3/0', expiresAt: 'tomorrow' }, 'expiresAt'],
    ] as const) {
      const response = await put(body)
      expect(response, JSON.stringify(body)).toMatchObject({
        status: 400,
        body: { code: 'invalid-request', field },
      })
    }
  })

  it('refuses what is read-only, of another type or out of range with 422, before anything is sent', async () => {
    expect(await put({ kind: 'write', path: '/3/0/0', value: 'x' })).toMatchObject({
      status: 422,
      body: { code: 'read-only' },
    })
    expect(await put({ kind: 'write', path: '/3/0/13', value: 'noon' })).toMatchObject({
      status: 422,
      body: { code: 'wrong-type' },
    })
    expect(await put({ kind: 'read', path: '/3/0/4' })).toMatchObject({
      status: 422,
      body: { code: 'not-readable' },
    })
    expect(
      (await system.call<{ items: unknown[] }>('GET', '/v1/devices/twice/operations')).body.items,
    ).toEqual([])
  })

  it('refuses to clear a billing register, and asks for the name before a reboot', async () => {
    expect(await put({ kind: 'execute', path: '/3424/0/2' })).toMatchObject({
      status: 403,
      body: { code: 'hazard-refused' },
    })
    expect(await put({ kind: 'execute', path: '/3/0/4' })).toMatchObject({
      status: 409,
      body: { code: 'confirmation-required', field: 'confirm' },
    })
    expect(await put({ kind: 'execute', path: '/3/0/4', confirm: 'twice' })).toMatchObject({ status: 202 })
  })

  it('answers 404 for what is not there and 401 for nobody', async () => {
    expect((await system.call('GET', '/v1/devices/nobody')).status).toBe(404)
    expect((await system.call('GET', '/v1/nothing')).status).toBe(404)
    expect((await fetch(`${system.api}/v1/devices`)).status).toBe(401)
    expect(
      (
        await fetch(`${system.api}/v1/devices`, {
          headers: { authorization: 'Bearer flk_wrong_wrong_wrong_wrong' },
        })
      ).status,
    ).toBe(401)
  })

  it('takes endpoint names of 255 bytes with colons, slashes and other letters', async () => {
    const endpoint = `urn:dev:ops:32473-Zähler/${'é'.repeat(100)}%`.padEnd(140, 'x')
    const longest = 'x'.repeat(255)
    for (const name of [endpoint, longest]) {
      expect((await system.call('POST', '/v1/devices', { endpoint: name })).status).toBe(201)
      expect(await system.call('GET', `/v1/devices/${encodeURIComponent(name)}`)).toMatchObject({
        status: 200,
        body: { endpoint: name },
      })
    }
    expect(await system.call('POST', '/v1/devices', { endpoint: 'x'.repeat(256) })).toMatchObject({
      status: 400,
      body: { field: 'endpoint' },
    })
  })
})
