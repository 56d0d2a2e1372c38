import { bigEndian, join, sameBytes } from '../bytes.js'
import { premasterOf, prf, sealersOf, sha256 } from './secrets.js'
import {
  dtls12,
  handshakeType,
  plainMessage,
  readRecords,
  recordType,
  writeHello,
  writePiece,
  writeRecord,
} from './wire.js'

const noBytes = new Uint8Array(0)
const flag = (type: number): [number, Uint8Array] => [type, noBytes]
const extensionType = {
  groups: 10,
  formats: 11,
  signatures: 13,
  etm: 22,
  ems: 23,
  cid: 54,
  renegotiation: 0xff01,
  name: 0,
}
const messageHeader = 12

/** What an insider says in its hello: bits of a script's byte. */
export interface Manner {
  readonly suite: number
  readonly ems: boolean
  readonly cid: Uint8Array | undefined
  readonly name: boolean
  readonly renegotiation: boolean
  readonly sessionId: Uint8Array
}

/** A message that was sent, as it was to be: `twist` may change its body before it is sealed and hashed. */
export type Twist = (body: Uint8Array) => Uint8Array

/**
 * One end of a handshake with a pre-shared key, written without the library: it knows the key, and whatever it says, it says consistently. So what it
 * sends goes as deep as a handshake goes. `hasProved` tells whether it has sent the Finished that proves key and transcript.
 */
export class Insider {
  hasProved = false
  /** The other end has sent a Finished that is right. */
  wasProved = false
  readonly heard: Uint8Array[] = []
  readonly #transcript: Uint8Array[] = []
  readonly #ownRandom: Uint8Array
  #peerRandom: Uint8Array = new Uint8Array(32)
  #cookie: Uint8Array = noBytes
  #suite: number
  #ems = false
  #master: Uint8Array | undefined
  #prior: Uint8Array | undefined
  #sealers: ReturnType<typeof sealersOf> | undefined
  #plain = 0
  #message = 0
  #sealed = 0
  #peerCid: Uint8Array = noBytes
  #ownCid: Uint8Array = noBytes
  #peerName = 'client finished'

  constructor(
    readonly role: 'client' | 'server',
    readonly manner: Manner,
    private readonly key: Uint8Array,
    private readonly send: (datagram: Uint8Array) => void,
    seed: number,
  ) {
    this.#ownRandom = new Uint8Array(32).fill(seed)
    this.#suite = manner.suite
    if (role === 'client') this.#peerName = 'server finished'
  }

  /** What a later insider resumes with. */
  get master(): Uint8Array | undefined {
    return this.#master
  }

  /** Takes up an earlier session. */
  resume(master: Uint8Array): void {
    this.#prior = master
  }

  // --- what it says

  #say(type: number, body: Uint8Array, twist: Twist | undefined): void {
    const said = twist ? twist(body) : body
    const sequence = this.#message++
    this.#transcript.push(writePiece({ type, sequence, offset: 0, body: said }))
    this.send(plainMessage(type, sequence, said, this.#plain++))
  }

  #extensions(): [number, Uint8Array][] {
    const { ems, cid, name, renegotiation } = this.manner
    const isClient = this.role === 'client'
    const host = join(0, bigEndian(3, 2), 'a.b')
    return [
      ...(ems ? [flag(extensionType.ems)] : []),
      ...(cid ? [[extensionType.cid, join(cid.length, cid)] as [number, Uint8Array]] : []),
      ...(name
        ? [
            [extensionType.name, isClient ? join(bigEndian(host.length, 2), host) : noBytes] as [
              number,
              Uint8Array,
            ],
          ]
        : []),
      ...(renegotiation ? [[extensionType.renegotiation, Uint8Array.of(0)] as [number, Uint8Array]] : []),
    ]
  }

  /** A ClientHello, with the cookie if there is one; or a ServerHello. */
  hello(twist?: Twist): void {
    const { suite, sessionId } = this.manner
    const start = join(bigEndian(dtls12, 2), this.#ownRandom, sessionId.length, sessionId)
    this.#ems = this.manner.ems
    this.#ownCid = this.manner.cid ?? noBytes
    if (this.role === 'server') {
      const before = join(start, bigEndian(suite, 2), 0)
      this.#say(handshakeType.serverHello, writeHello({ before, extensions: this.#extensions() }), twist)
      if (this.#prior) this.#keys(this.#prior)
      return
    }
    this.#transcript.length = 0
    const before = join(start, this.#cookie.length, this.#cookie, bigEndian(2, 2), bigEndian(suite, 2), 1, 0)
    this.#say(handshakeType.clientHello, writeHello({ before, extensions: this.#extensions() }), twist)
  }

  helloVerify(twist?: Twist): void {
    this.#say(handshakeType.helloVerifyRequest, join(bigEndian(0xfeff, 2), 4, 'cook'), twist)
    this.#transcript.length = 0
  }

  hint(twist?: Twist): void {
    this.#say(handshakeType.serverKeyExchange, join(bigEndian(4, 2), 'hint'), twist)
  }

  done(twist?: Twist): void {
    this.#say(handshakeType.serverHelloDone, noBytes, twist)
  }

  keyExchange(identity: Uint8Array, twist?: Twist): void {
    this.#say(handshakeType.clientKeyExchange, join(bigEndian(identity.length, 2), identity), twist)
    this.#agree()
  }

  change(): void {
    this.send(writeRecord({ type: recordType.change, version: dtls12, epoch: 0, sequence: this.#plain++, lie: 0, content: Uint8Array.of(1) })) // prettier-ignore
  }

  finished(twist?: Twist): void {
    if (!this.#master || !this.#sealers) return
    const right = prf(this.#master, `${this.role} finished`, sha256(join(...this.#transcript)), 12)
    const body = twist ? twist(right) : right
    const piece = writePiece({ type: handshakeType.finished, sequence: this.#message, offset: 0, body })
    this.#transcript.push(piece)
    this.#message++
    if (sameBytes(right, body)) this.hasProved = true
    this.seal(recordType.handshake, piece)
  }

  /** Anything, authentic. */
  seal(type: number, content: Uint8Array, ahead = 0, padding = 0): void {
    if (!this.#sealers) return
    this.#sealed = Math.max(0, this.#sealed + ahead)
    this.send(this.#sealers[this.role].seal(type, this.#sealed++, content, this.#peerCid, padding))
  }

  // --- what it hears

  hear(datagram: Uint8Array): void {
    for (const record of readRecords(datagram, this.#ownCid.length)) {
      if (record.epoch === 0) {
        for (const { type, sequence, body, length, offset } of record.pieces ?? [])
          if (offset === 0 && body.length === length) this.#heard(type, sequence, body)
      } else if (record.epoch === 1 && record.type !== recordType.cid)
        this.#open(record.type, record.sequence, record.content)
    }
  }

  #heard(type: number, sequence: number, body: Uint8Array): void {
    if (type === handshakeType.helloVerifyRequest) {
      this.#cookie = body.slice(3)
      return
    }
    if (type === handshakeType.clientHello) {
      this.#transcript.length = 0
      this.#peerRandom = body.slice(2, 34)
    }
    const piece = writePiece({ type, sequence, offset: 0, body })
    // said again
    if (
      this.#transcript.some((one) =>
        sameBytes(one.subarray(0, messageHeader), piece.subarray(0, messageHeader)),
      )
    )
      return
    this.#transcript.push(piece)
    if (type === handshakeType.serverHello) {
      this.#peerRandom = body.slice(2, 34)
      const at = 35 + body[34]
      this.#suite = (body[at] << 8) | body[at + 1]
      this.#readExtensions(body.subarray(at + 3))
      if (this.#prior && sameBytes(body.subarray(35, at), this.manner.sessionId)) this.#keys(this.#prior)
    } else if (type === handshakeType.clientHello) {
      const cookieAt = 35 + body[34]
      const suitesAt = cookieAt + 1 + body[cookieAt]
      const compressionsAt = suitesAt + 2 + ((body[suitesAt] << 8) | body[suitesAt + 1])
      this.#readExtensions(body.subarray(compressionsAt + 1 + body[compressionsAt]))
    } else if (type === handshakeType.clientKeyExchange) this.#agree()
  }

  /** Whether a session is resumed follows from the answer; what matters of the extensions is the Connection ID and the master secret's kind. */
  #readExtensions(block: Uint8Array): void {
    let hasEms = false
    let cid: Uint8Array | undefined
    for (let at = 2; at + 4 <= block.length;) {
      const type = (block[at] << 8) | block[at + 1]
      const end = at + 4 + ((block[at + 2] << 8) | block[at + 3])
      if (type === extensionType.ems) hasEms = true
      if (type === extensionType.cid) cid = block.slice(at + 5, end)
      at = end
    }
    if (this.role === 'client') this.#ems = hasEms
    this.#peerCid = this.manner.cid ? (cid ?? noBytes) : noBytes
    if (!cid) this.#ownCid = noBytes
  }

  #agree(): void {
    const isClient = this.role === 'client'
    const randoms = isClient
      ? join(this.#ownRandom, this.#peerRandom)
      : join(this.#peerRandom, this.#ownRandom)
    const premaster = premasterOf(this.key)
    this.#keys(
      this.#ems
        ? prf(premaster, 'extended master secret', sha256(join(...this.#transcript)), 48)
        : prf(premaster, 'master secret', randoms, 48),
    )
  }

  #keys(master: Uint8Array): void {
    this.#master = master
    const isClient = this.role === 'client'
    this.#sealers = sealersOf(
      this.#suite,
      master,
      isClient ? this.#ownRandom : this.#peerRandom,
      isClient ? this.#peerRandom : this.#ownRandom,
    )
  }

  #open(type: number, sequence: number, fragment: Uint8Array): void {
    const peer = this.role === 'client' ? 'server' : 'client'
    const content = this.#sealers?.[peer].open(type, sequence, fragment)
    if (!content || !this.#master) return
    this.heard.push(content)
    if (type !== recordType.handshake || content[0] !== handshakeType.finished) return
    const wanted = prf(this.#master, this.#peerName, sha256(join(...this.#transcript)), 12)
    if (sameBytes(content.subarray(messageHeader), wanted)) this.wasProved = true
    if (!this.#transcript.some((one) => sameBytes(one, content)))
      this.#transcript.push(Uint8Array.from(content))
  }
}
