import { ByteReader, ByteWriter } from '@fieldline/bytes'
import type { Random } from '@fieldline/bytes'
import { keyBlockLength } from '../crypto/keys.js'
import type { Role } from '../crypto/keys.js'
import type { DtlsPeer, PeerIdentity } from '../identity.js'
import { suiteById } from '../suites.js'
import { commonNameOf } from '../certificates/public-key.js'
import { maxSequence } from '../record/record.js'
import { copyOf } from '../wire.js'
import { Session } from './session.js'

/** A session to be stored. It holds keys: encrypt it at rest. */
export interface SessionSnapshot {
  /** Counts up with every export of a session: a store keeps the greatest and never goes back. */
  readonly generation: number
  readonly bytes: Uint8Array
}

/** Sequence numbers set aside by an export: the session writes so many records before the next export must have been stored. */
export const exportBlock = 1024

const format = 1
const roles: readonly Role[] = ['client', 'server']
const kinds: readonly PeerIdentity['kind'][] = ['anonymous', 'psk', 'raw-public-key', 'x509']
const flagResumed = 1
const flagExtended = 2
const flagMacThenEncrypt = 4
const flagUnproved = 8

function identityBytes(identity: PeerIdentity): Uint8Array {
  switch (identity.kind) {
    case 'psk':
      return identity.identity
    case 'raw-public-key':
      return identity.publicKey
    case 'x509':
      return identity.certificate
    default:
      return new Uint8Array(0)
  }
}

function identityOf(kind: PeerIdentity['kind'], bytes: Uint8Array): PeerIdentity {
  switch (kind) {
    case 'psk':
      return { kind, identity: bytes }
    case 'raw-public-key':
      return { kind, publicKey: bytes }
    case 'x509':
      return { kind, certificate: bytes, commonName: commonNameOf(bytes) }
    default:
      return { kind: 'anonymous' }
  }
}

/** Throws `RangeError` for a certificate that is none. */
function storedIdentity(kind: PeerIdentity['kind'], bytes: Uint8Array): PeerIdentity {
  try {
    return identityOf(kind, bytes)
  } catch {
    throw new RangeError('not a snapshot of a DTLS session')
  }
}

/**
 * Writes a session down and sets numbers aside: whoever restores the snapshot writes from a number that this session does not reach, because
 * it stops there until a newer snapshot has been stored (`confirmExport`). So a nonce serves once, whenever the process is killed.
 */
export function exportSession(session: Session): SessionSnapshot {
  const resumeAt = Math.min(session.writeSequence + exportBlock, session.endSequence)
  const generation = ++session.generation
  session.nextCeiling = resumeAt
  session.heardSinceExport = false
  // this snapshot may be in the store from now on, or the one before it may still be
  session.ceiling = Math.min(session.ceiling, resumeAt)
  const { window, identity, peer } = session
  const id = identityBytes(identity)
  const address = new TextEncoder().encode(peer.address)
  const peerId = new TextEncoder().encode(peer.id)
  const bytes = new ByteWriter(160)
    .u8(format)
    .u8(roles.indexOf(session.role))
    .u16(session.suiteId)
    .u8(
      (session.resumed ? flagResumed : 0) |
        (session.extendedMasterSecret ? flagExtended : 0) |
        (session.macThenEncrypt ? flagMacThenEncrypt : 0) |
        (session.proved ? 0 : flagUnproved),
    )
    .u32(generation)
    .u64(BigInt(resumeAt))
    .u64(BigInt(window.top + 1))
    .u32(window.high >>> 0)
    .u32(window.low >>> 0)
    .u32(session.failedOpens)
    .u8(session.cid.length)
    .bytes(session.cid)
    .u8(session.peerCid.length)
    .bytes(session.peerCid)
    .bytes(session.keyBlock)
    .u8(kinds.indexOf(identity.kind))
    .u16(id.length)
    .bytes(id)
    .u16(peer.port)
    .u8(address.length)
    .bytes(address)
    .u8(peerId.length)
    .bytes(peerId)
    .finish()
  return { generation, bytes }
}

/** The snapshot of this generation is stored for good: the numbers that it set aside may be used. Older ones change nothing. */
export function confirmExport(session: Session, generation: number): void {
  if (generation !== session.generation || !session.isOpen) return
  session.ceiling = Math.max(session.ceiling, session.nextCeiling)
  session.exportDue = false
}

/**
 * A session as it was, except that it may write nothing before it has been exported and confirmed: the snapshot in the store names the number
 * it would begin with, and the next restart would begin there, too. Throws `RangeError` or `ProtocolError` for bytes that are no snapshot.
 */
export function importSession(bytes: Uint8Array, id: number, random: Random): Session {
  const reader = new ByteReader(bytes)
  const version = reader.u8()
  const role = roles[reader.u8()]
  const suite = suiteById(reader.u16())
  if (version !== format || !role || !suite) throw new RangeError('not a snapshot of a DTLS session')
  const flags = reader.u8()
  const generation = reader.u32()
  const resumeAt = Number(reader.u64())
  const top = Number(reader.u64()) - 1
  const high = reader.u32()
  const low = reader.u32()
  const failedOpens = reader.u32()
  const localCid = copyOf(reader.bytes(reader.u8()))
  const peerCid = copyOf(reader.bytes(reader.u8()))
  const keys = copyOf(reader.bytes(keyBlockLength(suite)))
  const kind = kinds[reader.u8()]
  if (!kind) throw new RangeError('not a snapshot of a DTLS session')
  const identity = storedIdentity(kind, copyOf(reader.bytes(reader.u16())))
  const port = reader.u16()
  const text = new TextDecoder()
  const address = text.decode(reader.bytes(reader.u8()))
  const peer: DtlsPeer = { id: text.decode(reader.bytes(reader.u8())), address, port }
  if (reader.remaining > 0 || top > maxSequence) throw new RangeError('not a snapshot of a DTLS session')
  const macThenEncrypt = (flags & flagMacThenEncrypt) !== 0
  if (macThenEncrypt && suite.protection !== 'cbc-sha256')
    throw new RangeError('not a snapshot of a DTLS session')
  const session = new Session({
    id,
    role,
    suite,
    keyBlock: keys,
    localCid,
    peerCid,
    peer,
    random,
    macThenEncrypt,
  })
  if (resumeAt > session.endSequence) throw new RangeError('not a snapshot of a DTLS session')
  session.window.top = top
  session.window.high = high | 0
  session.window.low = low | 0
  session.failedOpens = failedOpens
  session.identity = identity
  session.resumed = (flags & flagResumed) !== 0
  session.extendedMasterSecret = (flags & flagExtended) !== 0
  session.proved = (flags & flagUnproved) === 0
  session.writeSequence = resumeAt
  session.ceiling = resumeAt
  session.generation = generation
  session.isOpen = true
  return session
}
