import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

/** One piece of cryptographic work, in lengths of bytes. `updates` are the parts that were hashed. */
export type CryptoCall =
  | { readonly kind: 'hmac'; readonly key: number; readonly updates: readonly number[] }
  | { readonly kind: 'hash'; readonly updates: readonly number[] }
  | { readonly kind: 'seal' | 'open'; readonly additional: number; readonly text: number }
  | { readonly kind: 'random'; readonly length: number }

interface Hashing {
  update(data: Uint8Array): unknown
}

interface Ciphering {
  setAAD(data: Uint8Array, options: object): unknown
  update(data: Uint8Array): Uint8Array
}

/** Counts what an object made by node:crypto is given. */
function watchHash(hashing: Hashing, updates: number[]): void {
  const update = hashing.update.bind(hashing)
  hashing.update = (data) => {
    updates.push(data.length)
    return update(data)
  }
}

function watchCipher(cipher: Ciphering, call: { additional: number; text: number }): void {
  const setAAD = cipher.setAAD.bind(cipher)
  const update = cipher.update.bind(cipher)
  cipher.setAAD = (data, options) => {
    call.additional = data.length
    return setAAD(data, options)
  }
  cipher.update = (data) => {
    call.text = data.length
    return update(data)
  }
}

/**
 * Every HMAC, hash, AES-CCM and random call that node:crypto gets from anybody in this process while `run` runs, in order. Random bytes are counted
 * where they are drawn from `randomFillSync`.
 */
export async function cryptoCallsOf(run: () => Promise<void>): Promise<CryptoCall[]> {
  const calls: CryptoCall[] = []
  const { createHmac, createHash, createCipheriv, createDecipheriv, randomFillSync } = crypto
  Object.assign(crypto, {
    createHmac(algorithm: string, key: Uint8Array) {
      const call = { kind: 'hmac' as const, key: key.length, updates: [] }
      calls.push(call)
      const hmac = createHmac(algorithm, key)
      watchHash(hmac, call.updates)
      return hmac
    },
    createHash(algorithm: string) {
      const call = { kind: 'hash' as const, updates: [] }
      calls.push(call)
      const hash = createHash(algorithm)
      watchHash(hash, call.updates)
      return hash
    },
    createCipheriv(...words: Parameters<typeof createCipheriv>) {
      const call = { kind: 'seal' as const, additional: 0, text: 0 }
      calls.push(call)
      const cipher = createCipheriv(...words)
      watchCipher(cipher as unknown as Ciphering, call)
      return cipher
    },
    createDecipheriv(...words: Parameters<typeof createDecipheriv>) {
      const call = { kind: 'open' as const, additional: 0, text: 0 }
      calls.push(call)
      const decipher = createDecipheriv(...words)
      watchCipher(decipher as unknown as Ciphering, call)
      return decipher
    },
    randomFillSync(into: Uint8Array) {
      calls.push({ kind: 'random', length: into.length })
      return randomFillSync(into)
    },
  })
  syncBuiltinESMExports()
  try {
    await run()
    return calls
  } finally {
    Object.assign(crypto, { createHmac, createHash, createCipheriv, createDecipheriv, randomFillSync })
    syncBuiltinESMExports()
  }
}
