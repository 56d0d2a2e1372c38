import { createPrivateKey } from 'node:crypto'
import { fromHex } from '@fieldline/bytes'
import type { OwnCredentials } from '@fieldline/dtls'
import { corpusLines } from '../corpus.js'

const base64 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64'))
const found = new Map(corpusLines('dtls', 'credentials.txt').map(({ name, text }) => [name, base64(text)]))

/** A certificate of the corpus in DER. */
export function certificate(name: string): Uint8Array {
  const der = found.get(name)
  if (!der) throw new RangeError(`no certificate ${name}`)
  return der
}

function credentials(name: string): OwnCredentials {
  const key = Buffer.from(certificate(`${name}.key`))
  return { privateKey: createPrivateKey({ key, format: 'der', type: 'pkcs8' }), chain: [certificate(name)] }
}

export const serverCredentials = credentials('server')
export const otherCredentials = credentials('deep')
export const meterCredentials = credentials('meter')
/** The same key without a certificate. */
export const rawCredentials: OwnCredentials = { privateKey: meterCredentials.privateKey }

/** Certificates that chains are made of. */
export const chainParts: readonly Uint8Array[] = [...found]
  .filter(([name]) => !name.endsWith('.key'))
  .map(([, der]) => der)

/** Bodies of handshake messages that other stacks sent, by type. */
export const bodies: readonly (readonly [number, Uint8Array])[] = corpusLines('dtls', 'messages.txt').map(
  ({ text }) => {
    const bytes = fromHex(text)
    return [bytes[0], bytes.slice(1)]
  },
)

export const pskIdentity = new TextEncoder().encode('meter-1')
export const pskKey = Uint8Array.from({ length: 16 }, (_, i) => i)
