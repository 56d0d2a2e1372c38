import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { Code } from '@fieldline/bytes'
import { createCoapEndpoint } from '@fieldline/coap'
import type { CoapEndpoint, Peer } from '@fieldline/coap'
import { createUdpTransport } from '@fieldline/transport'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const command = fileURLToPath(new URL('../coap.mjs', import.meta.url))
const noBytes = new Uint8Array(0)
const text = (value: string) => new TextEncoder().encode(value)

let endpoint: CoapEndpoint
let base: string

function run(...args: string[]): Promise<{ exitCode: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [command, ...args], { timeout: 15_000 }, (error, out, err) => {
      resolve({ exitCode: error ? Number(error.code) : 0, out, err })
    })
  })
}

async function notifyThrice(peer: Peer, token: Uint8Array): Promise<void> {
  for (const value of [1, 2, 3]) {
    await endpoint.notify(peer, {
      code: Code.Content,
      token,
      observe: value + 1,
      payload: text(`value ${value}`),
    })
  }
}

describe('npm run coap', () => {
  beforeAll(async () => {
    const transport = await createUdpTransport({ host: '127.0.0.1', port: 0 })
    base = `coap://127.0.0.1:${transport.port}`
    endpoint = createCoapEndpoint({
      transport,
      clock: {
        now: () => Date.now(),
        after(delayMs, task) {
          const timer = setTimeout(task, delayMs)
          return { cancel: () => clearTimeout(timer) }
        },
      },
      random: { bytes: (length) => new Uint8Array(randomBytes(length)), unit: Math.random },
    })
    endpoint.serve((request, peer) => {
      const [first] = request.uriPath
      if (first === 'bytes')
        return { code: Code.Content, contentFormat: 11542, payload: Uint8Array.of(0, 1, 255) }
      if (first === 'missing') return { code: Code.NotFound, payload: noBytes }
      if (first === 'watched' && request.observe === 0) {
        setImmediate(() => void notifyThrice(peer, request.token))
        return { code: Code.Content, observe: 1, payload: text('value 0') }
      }
      const seen = [
        request.code,
        request.uriPath,
        request.uriQuery,
        request.contentFormat,
        request.payload.length,
      ]
      return { code: Code.Content, payload: text(JSON.stringify(seen)) }
    })
  })
  afterAll(() => endpoint.close())

  it('prints code, options and payload', async () => {
    const { exitCode, out } = await run(
      'post',
      `${base}/rd/a%2Fb?ep=x%26y&lt=60`,
      '-t',
      'link',
      '-p',
      '</3/0>',
    )
    expect(out).toBe('2.05 Content\n[2,["rd","a/b"],["ep=x&y","lt=60"],40,6]\n')
    expect(exitCode).toBe(0)
  })

  it('prints bytes as hexadecimal, and nothing else if quiet', async () => {
    expect((await run('get', `${base}/bytes`, '-a', 'tlv', '-q')).out).toBe('0001ff\n')
  })

  it('sends a long payload in blocks', async () => {
    const { out } = await run('put', `${base}/5/0/0`, '-t', 'opaque', '-x', '00'.repeat(20_000), '-b', '512')
    expect(out).toContain('[3,["5","0","0"],[],42,20000]')
  })

  it('fails with 1 on an error code, 2 on wrong usage, 3 on silence', async () => {
    const results = await Promise.all([
      run('get', `${base}/missing`),
      run('frobnicate', base),
      run('get', 'coap://127.0.0.1:9/x', '-w', '1'),
    ])
    expect(results.map(({ exitCode }) => exitCode)).toEqual([1, 2, 3])
    expect(results[0].out).toBe('4.04 Not Found\n')
    expect(results[1].err).toContain('usage:')
    expect(results[2].err).toBe('coap: no answer within 1 s\n')
  })

  it('prints each notification', async () => {
    const { out } = await run('observe', `${base}/watched`, '-n', '3', '-q')
    expect(out).toBe('value 0\nvalue 1\nvalue 2\nvalue 3\n')
  })

  it('pings', async () => {
    expect((await run('ping', base)).out).toMatch(/^alive after \d+ ms\n$/)
  })
})
