import type { Random } from '@fieldline/bytes'
import { directions } from '../crypto/keys.js'
import type { Role } from '../crypto/keys.js'
import type { DtlsPeer, PeerIdentity } from '../identity.js'
import { macThenEncryptDirections } from '../record/mac-then-encrypt.js'
import type { Protection } from '../record/protection.js'
import { maxSequence, recordHeader, writeRecordHeader } from '../record/record.js'
import type { RecordView } from '../record/record.js'
import { ReplayWindow } from '../record/replay-window.js'
import type { Suite } from '../suites.js'
import { ContentType, Version, noBytes, sameBytes } from '../wire.js'

/** What callers see of a session: the same object from the first event to the last. */
export interface DtlsSession {
  /** Unique within the endpoint, never used twice. */
  readonly id: number
  readonly identity: PeerIdentity
  /** The address that answers go to; changes when the peer migrates. */
  readonly peer: DtlsPeer
  /** Name of the cipher suite. */
  readonly suite: string
  readonly resumed: boolean
  readonly extendedMasterSecret: boolean
  /** The Connection ID that the peer's records carry; empty for none. */
  readonly cid: Uint8Array
  /** The Connection ID that our records carry; empty for none. */
  readonly peerCid: Uint8Array
  /** False before the handshake is over and after the session has ended. */
  readonly isOpen: boolean
}

/** What a protected record held. */
export interface Content {
  readonly type: number
  readonly payload: Uint8Array
  /** The record is newer than all before it. */
  readonly newest: boolean
}

/** CCS and Finished of the side that spoke last, to be sent again should they be lost. */
export interface Finale {
  plainSequence: number
  readonly messageSequence: number
  readonly verifyData: Uint8Array
}

/** Numbers that remain for alerts, above all the one that closes the session. */
const lastNumbers = 16

/**
 * How many records a key may protect: for authenticated encryption what keeps it confidential beyond doubt (RFC 9147 §4.5.3, RFC 9325 §4.4), for
 * CBC as many as there are numbers, which never serve twice (RFC 6347 §4.1).
 */
const mostRecords: Readonly<Record<Suite['protection'], number>> = {
  'ccm-8': 2 ** 23,
  gcm: Math.floor(2 ** 24.5),
  'cbc-sha256': maxSequence,
}

/** What a session begins with. */
export interface SessionInit {
  readonly id: number
  readonly role: Role
  readonly suite: Suite
  /** The session takes it over and overwrites it at the end. */
  readonly keyBlock: Uint8Array
  readonly localCid: Uint8Array
  readonly peerCid: Uint8Array
  readonly peer: DtlsPeer
  readonly random: Random
  /** CBC without encrypt-then-MAC. */
  readonly macThenEncrypt?: boolean
}

/** The most that a record holds (RFC 5246 §6.2.1), with a Connection ID including the inner type and its padding (RFC 9146 §5). */
const maxPlaintext = 2 ** 14

// the number of a record while it is sealed
const number = new Uint8Array(8)

/** The records of epoch 1 in both directions; no other follows, because nothing is renegotiated. Small: a server holds one per device. */
export class Session implements DtlsSession {
  readonly id: number
  readonly role: Role
  readonly suiteId: number
  readonly suite: string
  readonly cid: Uint8Array
  readonly peerCid: Uint8Array
  readonly window = new ReplayWindow()
  readonly keyBlock: Uint8Array
  readonly macThenEncrypt: boolean
  peer: DtlsPeer
  identity: PeerIdentity = { kind: 'anonymous' }
  resumed = false
  extendedMasterSecret = false
  isOpen = false
  /** Number of the next record that we write. */
  writeSequence = 0
  /** No record is numbered from here on. */
  readonly endSequence: number
  /** Records from this number on may not be written: a stored snapshot would use the numbers again. */
  ceiling: number
  /** Counted up with every export, so that a store can refuse to go back. */
  generation = 0
  /** What the ceiling becomes when the latest snapshot is stored. */
  nextCeiling: number
  /** The owner was told that a new snapshot is due, for numbers are running out. */
  exportDue = false
  /** Something was received that the latest snapshot does not know of, and the owner was told. */
  heardSinceExport = false
  /** Records that were not authentic. */
  failedOpens = 0
  /** The peer was heard at its address after something had gone there; until then it is counted what goes there. */
  proved = true
  /** Bytes that may still go to an address that has not proved itself. Kept while it has: the next one gets what is left. */
  unverifiedBytes = 0
  /** When `unverifiedBytes` were granted in full, ms; undefined if the peer never moved. */
  grantedAt: number | undefined
  /** Whether a record went out since the address changed. */
  answered = false
  /** Received something since the table of sessions looked last. */
  touched = false
  /** By which it may be resumed; empty if it may not. */
  sessionId: Uint8Array = noBytes
  finale: Finale | undefined
  readonly #read: Protection
  readonly #write: Protection

  constructor(init: SessionInit) {
    this.id = init.id
    this.role = init.role
    this.suiteId = init.suite.id
    this.suite = init.suite.name
    this.cid = init.localCid
    this.peerCid = init.peerCid
    this.peer = init.peer
    this.keyBlock = init.keyBlock
    this.endSequence = this.ceiling = this.nextCeiling = mostRecords[init.suite.protection]
    this.macThenEncrypt = init.macThenEncrypt === true
    const { read, write } = this.macThenEncrypt
      ? macThenEncryptDirections(init.role, init.keyBlock, init.random)
      : directions(init.role, init.suite, init.keyBlock, init.random)
    this.#read = read
    this.#write = write
  }

  /** From here on only alerts are written. */
  get lastSequence(): number {
    return this.endSequence - lastNumbers
  }

  /** No number is left for a message, not even after another export. */
  get isExhausted(): boolean {
    return this.writeSequence >= this.lastSequence
  }

  /** Bytes of the longest message that a record to the peer holds. */
  get longestMessage(): number {
    return maxPlaintext - (this.peerCid.length > 0 ? 1 : 0)
  }

  /** Bytes of a record with so much payload. */
  recordLength(payloadLength: number): number {
    const { length } = this.peerCid
    return recordHeader + length + this.#write.sealedLength(payloadLength + (length > 0 ? 1 : 0))
  }

  /** A record with `payload`, or undefined if no number may be used for it now. Only alerts may take one of the last. */
  seal(type: number, payload: Uint8Array): Uint8Array | undefined {
    const limit = type === ContentType.Alert ? this.ceiling : Math.min(this.ceiling, this.lastSequence)
    if (this.writeSequence >= limit) return undefined
    const sequence = this.writeSequence++
    const cid = this.peerCid
    let outer = type
    let plaintext = payload
    if (cid.length > 0) {
      // RFC 9146 §4: the real type stands behind the content
      plaintext = Buffer.allocUnsafe(payload.length + 1)
      plaintext.set(payload)
      plaintext[payload.length] = type
      outer = ContentType.ConnectionId
    }
    const length = this.#write.sealedLength(plaintext.length)
    // every byte of it is written below; pooled memory, for it is sent and forgotten
    const record = Buffer.allocUnsafe(recordHeader + cid.length + length)
    const at = writeRecordHeader(record, outer, Version.Dtls12, 1, sequence, cid, length)
    for (let i = 0; i < 8; i++) number[i] = record[3 + i]
    this.#write.seal(record, at, number, outer, plaintext, cid)
    return record
  }

  /**
   * The content of a record, or undefined if it is to be dropped: of another epoch, seen before, without the agreed Connection ID, or not
   * authentic. Only the last is counted against the session.
   */
  open(record: RecordView): Content | undefined {
    if (record.epoch !== 1 || !this.window.isFresh(record.sequence)) return undefined
    const withCid = record.type === ContentType.ConnectionId
    // RFC 9146 §3: once agreed, records without it are dropped
    if (withCid !== this.cid.length > 0 || (withCid && !sameBytes(record.cid, this.cid))) return undefined
    const plaintext = this.#read.open(
      record.number,
      record.type,
      record.fragment,
      withCid ? this.cid : noBytes,
    )
    if (plaintext === undefined) {
      this.failedOpens++
      return undefined
    }
    const newest = this.window.mark(record.sequence)
    if (plaintext.length > maxPlaintext) return { type: 0, payload: noBytes, newest }
    if (!withCid) return { type: record.type, payload: plaintext, newest }
    let end = plaintext.length - 1
    while (end >= 0 && plaintext[end] === 0) end--
    // RFC 9146 §4: padding without a type; an authentic peer's fault, and nothing to deliver
    if (end < 0) return { type: 0, payload: noBytes, newest }
    return { type: plaintext[end], payload: plaintext.subarray(0, end), newest }
  }

  /** Ends the session and overwrites its keys. */
  destroy(): void {
    this.isOpen = false
    this.ceiling = 0
    this.finale = undefined
    this.#read.destroy()
    this.#write.destroy()
    this.keyBlock.fill(0)
  }
}
