import type { Random } from '@fieldline/bytes'
import { CbcEncryptThenMac, Ccm8, Gcm } from '../record/protection.js'
import type { Protection } from '../record/protection.js'
import type { Suite } from '../suites.js'
import { concat } from '../wire.js'
import { prf } from './prf.js'

/** Bytes of the key block: two keys and two salts, or two MAC keys and two keys (RFC 5246 §6.3). */
export function keyBlockLength(suite: Suite): number {
  return suite.protection === 'cbc-sha256' ? 96 : 40
}

/** All the keys of an epoch, from the master secret and both randoms. */
export function keyBlock(
  suite: Suite,
  master: Uint8Array,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
): Uint8Array {
  return prf(master, 'key expansion', concat(serverRandom, clientRandom), keyBlockLength(suite))
}

/** Which side of an association this is. */
export type Role = 'client' | 'server'

/** Cuts a key block into the protection that the client writes with and that of the server; both are views of it. */
function protections(suite: Suite, block: Uint8Array, random: Random): Record<Role, Protection> {
  if (suite.protection === 'cbc-sha256')
    return {
      client: new CbcEncryptThenMac(block.subarray(64, 80), block.subarray(0, 32), random),
      server: new CbcEncryptThenMac(block.subarray(80, 96), block.subarray(32, 64), random),
    }
  const Aead = suite.protection === 'gcm' ? Gcm : Ccm8
  return {
    client: new Aead(block.subarray(0, 16), block.subarray(32, 36)),
    server: new Aead(block.subarray(16, 32), block.subarray(36, 40)),
  }
}

/** The two directions as one side sees them. */
export function directions(
  role: Role,
  suite: Suite,
  block: Uint8Array,
  random: Random,
): { read: Protection; write: Protection } {
  const { client, server } = protections(suite, block, random)
  return role === 'server' ? { read: client, write: server } : { read: server, write: client }
}
