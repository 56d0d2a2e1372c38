import type { DeviceSecurity, Psk } from '@fieldline/contracts'
import { explainFailure, nameOfIdentity } from '@fieldline/dtls'
import type { HandshakeFailure } from '@fieldline/dtls'
import type { NewCredential, SecurityFacts } from '@fieldline/store'

const pskPrefix = 'psk:'
const time = (epochMs: number): string => new Date(epochMs).toISOString()

/** A pre-shared key as the store takes it. */
export function toCredential({ identity, key }: Psk): NewCredential {
  const name = nameOfIdentity({ kind: 'psk', identity: new TextEncoder().encode(identity) }) as string
  return { identity: name, key: Buffer.from(key, 'hex') }
}

/** What was asked, as an audit row may show it: a key is named, never kept. */
export function withoutKey<Body extends { readonly psk?: Psk | null }>({ psk, ...rest }: Body) {
  return psk === undefined ? rest : { ...rest, identity: psk?.identity ?? null }
}

/** How a device proves who it is, as the interface shows it. */
export function toSecurity(facts: SecurityFacts): DeviceSecurity {
  return {
    mode: 'psk',
    identity: identityText(facts.identity),
    suite: facts.suite,
    cid: facts.cid === null ? null : Buffer.from(facts.cid).toString('hex'),
    handshakes: facts.handshakes,
    resumptions: facts.resumptions,
    migrations: facts.migrations,
    handshakeAt: facts.handshakeAt === null ? null : time(facts.handshakeAt),
    failure:
      facts.failure === null || facts.failureAt === null
        ? null
        : {
            code: facts.failure,
            text: explainFailure(facts.failure as HandshakeFailure),
            at: time(facts.failureAt),
          },
  }
}

/** A PSK identity is bytes: shown as text where it is text without control characters, else in hexadecimal. */
function identityText(name: string): string {
  const bytes = Buffer.from(name.slice(pskPrefix.length), 'base64url')
  const text = bytes.toString('utf8')
  return /[\p{Cc}\ufffd]/u.test(text) ? `0x${bytes.toString('hex')}` : text
}
