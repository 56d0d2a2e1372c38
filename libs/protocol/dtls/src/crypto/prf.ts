import { createHash, createHmac } from 'node:crypto'
import { concat, noBytes } from '../wire.js'

const ascii = new TextEncoder()

export function hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const mac = createHmac('sha256', key)
  for (const part of parts) mac.update(part)
  return mac.digest()
}

export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** Labels as bytes; there are five of them. */
const labels = new Map<string, Uint8Array>()

function labelOf(label: string): Uint8Array {
  let bytes = labels.get(label)
  if (!bytes) labels.set(label, (bytes = ascii.encode(label)))
  return bytes
}

/** `length` bytes of the TLS 1.2 pseudo-random function with SHA-256, in memory of their own (RFC 5246 §5). */
export function prf(secret: Uint8Array, label: string, seed: Uint8Array, length: number): Uint8Array {
  const labelled = concat(labelOf(label), seed)
  const out = new Uint8Array(length)
  let a = labelled
  for (let at = 0; at < length; at += 32) {
    a = createHmac('sha256', secret).update(a).digest()
    const part = createHmac('sha256', secret).update(a).update(labelled).digest()
    out.set(at + 32 > length ? part.subarray(0, length - at) : part, at)
  }
  return out
}

/** The premaster secret of plain PSK: as many zeros as the key is long, then the key (RFC 4279 §2). */
export function pskPremaster(key: Uint8Array): Uint8Array {
  const premaster = new Uint8Array(4 + 2 * key.length)
  const view = new DataView(premaster.buffer)
  view.setUint16(0, key.length)
  view.setUint16(2 + key.length, key.length)
  premaster.set(key, 4 + key.length)
  return premaster
}

/** What the master secret is bound to: the hash of the messages up to ClientKeyExchange, or only the two randoms. */
export type MasterSeed = { readonly transcriptHash: Uint8Array } | { readonly randoms: Uint8Array }

/** 48 bytes of master secret: extended (RFC 7627 §4) or as of old (RFC 5246 §8.1; client random, then server random). */
export function masterSecret(premaster: Uint8Array, seed: MasterSeed): Uint8Array {
  return 'transcriptHash' in seed
    ? prf(premaster, 'extended master secret', seed.transcriptHash, 48)
    : prf(premaster, 'master secret', seed.randoms, 48)
}

/** The 12 bytes of a Finished message (RFC 5246 §7.4.9). */
export function verifyData(
  master: Uint8Array,
  sender: 'client' | 'server',
  transcriptHash: Uint8Array,
): Uint8Array {
  return prf(master, `${sender} finished`, transcriptHash, 12)
}

/** The messages of a handshake, as both sides hash them: each with a header as if unfragmented (RFC 6347 §4.2.6). */
export class Transcript {
  #parts: Uint8Array[] = []

  add(message: Uint8Array): void {
    this.#parts.push(message)
  }

  restart(): void {
    this.#parts = []
  }

  hash(): Uint8Array {
    return sha256(...this.#parts)
  }

  /** Everything so far: signatures are made over it. */
  bytes(): Uint8Array {
    return this.#parts.length === 0 ? noBytes : concat(...this.#parts)
  }
}
