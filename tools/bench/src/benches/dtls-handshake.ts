/**
 * A full handshake on the side of our DTLS server: TLS_PSK_WITH_AES_128_CCM_8 with cookie, extended master secret, Connection ID and a session id to
 * resume by; three datagrams in, three out, no sockets; fifty devices at once. Reference: the same calls of node:crypto alone, on buffers of the
 * same lengths made beforehand. Which they are is taken from a handshake at the start of each run, and must be:
 *
 *   5 HMAC-SHA256 of the cookie: 2 issued, 1 recognised, 2 for what follows it in the hello
 *   12 HMAC-SHA256 of the PRF: 4 master secret (48 bytes), 4 key block (40 bytes), 2 each Finished (12 bytes)
 *   3 SHA-256 of the transcript: master secret, each Finished
 *   1 AES-CCM opened and 1 sealed: each Finished
 *   3 random: server random, session id, Connection ID
 *
 * Floor 0.4, aim 0.6 of their speed.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto'
import type { Bench } from '../bench.js'
import { cryptoCallsOf } from '../crypto-calls.js'
import type { CryptoCall } from '../crypto-calls.js'
import { DtlsFleet, cpuOf } from '../dtls-fleet.js'
import { interleave } from '../rounds.js'
import type { Cost } from '../rounds.js'
import { systemRandom } from '../system.js'

/** Few, so that the ends of the devices, which are in this process, too, are garbage before the collector moves them. */
const batch = 50
const batches = 60
const warmUpBatches = 80
const expected: Readonly<Record<CryptoCall['kind'], number>> = {
  hmac: 17,
  hash: 3,
  seal: 1,
  open: 1,
  random: 3,
}

const algorithm = 'aes-128-ccm'
const tagOptions = { authTagLength: 8 }
const key = Buffer.alloc(16, 7)
const nonce = Buffer.alloc(12, 1)
const bytes = Buffer.alloc(16_384, 9)

/** The server's calls in one handshake. Throws where they are others than the header says. */
async function callsOfHandshake(): Promise<CryptoCall[]> {
  const fleet = new DtlsFleet()
  // the second handshake: the first draws the secrets of cookies
  await fleet.shakeHands(0, 1)
  const calls: CryptoCall[] = []
  await fleet.shakeHands(1, 2, async (run) => {
    calls.push(...(await cryptoCallsOf(async () => run())))
    return { user: 0, system: 0 }
  })
  for (const [kind, count] of Object.entries(expected)) {
    const made = calls.filter((call) => call.kind === kind).length
    if (made !== count) throw new Error(`a handshake made ${made} calls of kind ${kind}, not ${count}`)
  }
  return calls
}

/** A call made ready, so that nothing but node:crypto is left to run. */
function prepare(call: CryptoCall): () => number {
  if (call.kind === 'random') return () => systemRandom.bytes(call.length).length
  if (call.kind === 'hmac' || call.kind === 'hash') {
    const secret = call.kind === 'hmac' ? bytes.subarray(0, call.key) : undefined
    const parts = call.updates.map((length) => bytes.subarray(0, length))
    return () => {
      const hashing = secret ? createHmac('sha256', secret) : createHash('sha256')
      for (const part of parts) hashing.update(part)
      return hashing.digest().length
    }
  }
  const additional = bytes.subarray(0, call.additional)
  const options = { plaintextLength: call.text }
  const cipher = createCipheriv(algorithm, key, nonce, tagOptions)
  cipher.setAAD(additional, options)
  const text = cipher.update(bytes.subarray(0, call.text))
  cipher.final()
  const tag = cipher.getAuthTag()
  if (call.kind === 'open')
    return () => {
      const decipher = createDecipheriv(algorithm, key, nonce, tagOptions)
      decipher.setAuthTag(tag)
      decipher.setAAD(additional, options)
      const { length } = decipher.update(text)
      decipher.final()
      return length
    }
  return () => {
    const again = createCipheriv(algorithm, key, nonce, tagOptions)
    again.setAAD(additional, options)
    const { length } = again.update(bytes.subarray(0, call.text))
    again.final()
    return length + again.getAuthTag().length
  }
}

export const dtlsHandshake: Bench = {
  name: 'dtls-handshake',
  measures:
    'a full PSK handshake on the side of the server, against its HMAC, hash, AES and random calls alone',
  unit: 'CPU µs per handshake',
  ratio: 'reference / candidate',
  judged: 'ratio',
  better: 'higher',
  floor: 0.4,
  aim: 0.6,
  async run(rounds) {
    const prepared = (await callsOfHandshake()).map(prepare)
    const perHandshake = prepared.reduce((sum, call) => sum + call(), 0)
    const ours = async (times: number): Promise<Cost> => {
      const fleet = new DtlsFleet()
      const total = { user: 0, system: 0 }
      for (let pass = 0; pass < times; pass++) {
        const { user, system } = await fleet.shakeHands(pass * batch, (pass + 1) * batch)
        total.user += user
        total.system += system
        // they were checked, and the server is what is measured
        fleet.forgetDevices()
      }
      return { user: total.user / (times * batch), system: total.system / (times * batch) }
    }
    const theirs = async (times: number): Promise<Cost> => {
      let made = 0
      const { user, system } = await cpuOf(() => {
        for (let i = 0; i < times * batch; i++) for (const call of prepared) made += call()
      })
      if (made !== perHandshake * times * batch) throw new Error('a call came out short')
      return { user: user / (times * batch), system: system / (times * batch) }
    }
    await ours(warmUpBatches)
    await theirs(warmUpBatches)
    const figures = await interleave(
      rounds,
      () => ours(batches),
      () => theirs(batches),
    )
    return {
      ...figures,
      details: {
        ...figures.details,
        handshakesPerSecond: Math.round(1e6 / figures.candidate),
        calls: expected,
      },
    }
  },
}
