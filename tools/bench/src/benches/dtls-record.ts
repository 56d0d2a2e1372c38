/**
 * A message of 100 bytes each way through an open session of our DTLS server, PSK-AES128-CCM8 with a Connection ID: `receive` from the datagram to
 * the notice, `send` from the message to the datagram; no sockets. Reference: the same AES-CCM calls of node:crypto alone (createCipheriv or
 * createDecipheriv, setAAD, setAuthTag or getAuthTag, update, final) on buffers made beforehand, but for the nonce's counter. Floor 0.6, aim 0.8 of
 * their speed.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { CipherCCM } from 'node:crypto'
import type { Bench } from '../bench.js'
import { DtlsFleet, cpuOf } from '../dtls-fleet.js'
import type { Device } from '../dtls-fleet.js'
import { interleave, median } from '../rounds.js'
import type { Cost } from '../rounds.js'

const payloadBytes = 100
const batch = 1_000
const batches = 30
const warmUpBatches = 20

const algorithm = 'aes-128-ccm'
const tagOptions = { authTagLength: 8 }

/** Sent and received CPU µs per message, apart. */
interface Ways {
  send: number
  receive: number
}

/** A message that no other is like. */
function messageOf(number: number): Uint8Array {
  const message = Buffer.alloc(payloadBytes, 'meter reading ')
  message.writeUInt32BE(number)
  return message
}

function expectSame(actual: Uint8Array | undefined, expected: Uint8Array): void {
  if (!actual || Buffer.compare(actual, expected) !== 0)
    throw new Error('a message came out other than it went in')
}

class Ours {
  readonly ways: Ways[] = []
  readonly #fleet = new DtlsFleet()
  #device!: Device

  async open(): Promise<void> {
    await this.#fleet.shakeHands(0, 1)
    const [device] = this.#fleet.devices.values()
    this.#device = device
  }

  async cost(times: number): Promise<Cost> {
    const [session] = this.#fleet.sessions
    const messages = Array.from({ length: batch }, (_, i) => messageOf(i))
    const total = { user: 0, system: 0 }
    const ways: Ways = { send: 0, receive: 0 }
    for (let pass = 0; pass < times; pass++) {
      for (const message of messages) this.#device.client.send(message)
      const received = await cpuOf(() => this.#fleet.deliverUp())
      const sent = await cpuOf(() => {
        for (const message of messages) this.#fleet.server.send(message, session)
      })
      ways.receive += received.user + received.system
      ways.send += sent.user + sent.system
      total.user += received.user + sent.user
      total.system += received.system + sent.system
      const before = this.#device.received
      this.#fleet.deliverDown()
      if (this.#device.received - before !== batch || this.#fleet.messages.length !== batch)
        throw new Error(`of ${batch} messages each way not all arrived`)
      expectSame(this.#device.last, messages[batch - 1])
      for (const [i, { payload }] of this.#fleet.messages.entries()) expectSame(payload, messages[i])
      this.#fleet.messages = []
    }
    const count = times * batch
    this.ways.push({ send: ways.send / count, receive: ways.receive / count })
    return { user: total.user / count, system: total.system / count }
  }
}

class Theirs {
  readonly ways: Ways[] = []
  readonly #key = Buffer.alloc(16, 7)
  readonly #nonce = Buffer.alloc(12, 1)
  readonly #additional = Buffer.alloc(31, 2)

  /** Nonces count up; ciphertexts, each with its tag, are kept for `open`. */
  #seal(messages: readonly Uint8Array[], sealed: { text: Uint8Array; tag: Uint8Array }[]): void {
    for (const [i, message] of messages.entries()) {
      this.#nonce.writeUInt32BE(i, 8)
      const cipher = createCipheriv(algorithm, this.#key, this.#nonce, tagOptions)
      cipher.setAAD(this.#additional, { plaintextLength: message.length })
      const text = cipher.update(message)
      cipher.final()
      sealed.push({ text, tag: (cipher as CipherCCM).getAuthTag() })
    }
  }

  #open(sealed: readonly { text: Uint8Array; tag: Uint8Array }[], opened: Uint8Array[]): void {
    for (const [i, { text, tag }] of sealed.entries()) {
      this.#nonce.writeUInt32BE(i, 8)
      const decipher = createDecipheriv(algorithm, this.#key, this.#nonce, tagOptions)
      decipher.setAuthTag(tag)
      decipher.setAAD(this.#additional, { plaintextLength: text.length })
      opened.push(decipher.update(text))
      decipher.final()
    }
  }

  async cost(times: number): Promise<Cost> {
    const messages = Array.from({ length: batch }, (_, i) => messageOf(i))
    const total = { user: 0, system: 0 }
    const ways: Ways = { send: 0, receive: 0 }
    for (let pass = 0; pass < times; pass++) {
      const sealed: { text: Uint8Array; tag: Uint8Array }[] = []
      const opened: Uint8Array[] = []
      const sent = await cpuOf(() => this.#seal(messages, sealed))
      const received = await cpuOf(() => this.#open(sealed, opened))
      ways.receive += received.user + received.system
      ways.send += sent.user + sent.system
      total.user += received.user + sent.user
      total.system += received.system + sent.system
      for (const [i, plaintext] of opened.entries()) expectSame(plaintext, messages[i])
    }
    const count = times * batch
    this.ways.push({ send: ways.send / count, receive: ways.receive / count })
    return { user: total.user / count, system: total.system / count }
  }
}

function ratioOf(ours: readonly Ways[], theirs: readonly Ways[], way: keyof Ways): number {
  const of = (ways: readonly Ways[]): number => median(ways.map((one) => one[way]))
  return Number((of(theirs) / of(ours)).toPrecision(3))
}

export const dtlsRecord: Bench = {
  name: 'dtls-record',
  measures: 'a message of 100 bytes each way through an open session, against its AES-CCM calls alone',
  unit: 'CPU µs per message received and sent',
  ratio: 'reference / candidate',
  judged: 'ratio',
  better: 'higher',
  floor: 0.6,
  aim: 0.8,
  async run(rounds) {
    const ours = new Ours()
    const theirs = new Theirs()
    await ours.open()
    await ours.cost(warmUpBatches)
    await theirs.cost(warmUpBatches)
    ours.ways.length = theirs.ways.length = 0
    const figures = await interleave(
      rounds,
      () => ours.cost(batches),
      () => theirs.cost(batches),
    )
    return {
      ...figures,
      details: {
        ...figures.details,
        ratios: {
          send: ratioOf(ours.ways, theirs.ways, 'send'),
          receive: ratioOf(ours.ways, theirs.ways, 'receive'),
        },
      },
    }
  },
}
