import { suites } from '@fieldline/dtls'
import type { DtlsClientOptions, DtlsServerOptions, ResumableSession } from '@fieldline/dtls'
import {
  meterCredentials,
  otherCredentials,
  pskIdentity,
  pskKey,
  rawCredentials,
  serverCredentials,
} from './credentials.js'

const timers = { initialMs: 1_000, maxMs: 4_000, retransmissions: 3 }
/** The flag of a server that has credentials. */
export const withCredentials = 2
/** Bounds that a script can reach. */
export const narrow = { sessions: 2, handshakes: 2, resumable: 1, failedOpens: 3, hellosPerSecond: 2, helloBurst: 6, unverifiedBytes: 0 } // prettier-ignore
const rawKey = new Uint8Array(16).fill(9)
const offered = [0xc0a8, 0x00a8, 0x00ae, 0xc0ae, 0xc02b, 0xc023]
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Answers with what is right, at once or when the script says so; and then perhaps with what is wrong. */
type Answer = <T>(right: T, wrong: T) => T | Promise<T>

/** What a server is made of, by the flags of its input. */
export function serverOptions(
  flags: number,
  answer: Answer,
): Omit<DtlsServerOptions, 'clock' | 'random' | 'send' | 'notify'> {
  return {
    psk: (identity) =>
      answer(new TextDecoder().decode(identity) === 'meter-1' ? pskKey : undefined, undefined),
    ...(flags & 128 ? { pskHint: ascii('hint') } : {}),
    ...(flags & withCredentials
      ? {
          credentials: flags & 4 ? rawCredentials : serverCredentials,
          credentialsFor: (name: string) => (name === 'other.example' ? otherCredentials : undefined),
          verifyPeer: () => answer(true, false),
          clientCertificates: flags & 32 ? (flags & 64 ? [] : ['raw-public-key' as const]) : undefined,
        }
      : {}),
    allowMacThenEncrypt: (flags & 16) !== 0,
    cid: flags & 16 ? false : { length: 6, prefix: Uint8Array.of(7) },
    timers,
    mtu: flags & 64 ? 200 : 1200,
    limits: flags & 8 ? narrow : {},
    ...(flags & 8 ? { suites: suites.map(({ id }) => id) } : {}),
  }
}

/** What a client is made of, by three bytes of its step. */
export function clientOptions(
  [choice = 0, form = 0, more = 0]: Uint8Array,
  resumable: ResumableSession | undefined,
  verify: () => boolean | Promise<boolean>,
): Omit<DtlsClientOptions, 'clock' | 'random' | 'send' | 'notify' | 'server'> {
  const suite = offered[choice % offered.length]
  const isPsk = suite < 0xc000 || suite === 0xc0a8
  const some = form & 1 ? offered : [suite]
  return {
    suites: isPsk || some.length > 1 ? some.filter((id) => isPsk || (id !== 0xc0a8 && id > 0xb000)) : some,
    ...(isPsk
      ? { psk: { identity: more & 1 ? ascii('stray') : pskIdentity, key: more & 2 ? rawKey : pskKey } }
      : {}),
    ...(!isPsk || form & 1 ? { verifyPeer: () => (more & 4 ? false : verify()) } : {}),
    ...(more & 8 ? {} : { credentials: form & 2 ? rawCredentials : meterCredentials }),
    ...(form & 4 ? { serverCertificates: ['raw-public-key' as const, 'x509' as const] } : {}),
    ...(form & 8 ? { ownCertificates: ['raw-public-key' as const, 'x509' as const] } : {}),
    ...(form & 16 ? { cid: [new Uint8Array(0), Uint8Array.of(5), new Uint8Array(32)][more % 3] } : {}),
    ...(form & 32 ? { serverName: more & 16 ? 'other.example' : 'a.example' } : {}),
    ...(form & 64 && resumable ? { resume: resumable } : {}),
    allowMacThenEncrypt: (more & 32) !== 0,
    timers,
    mtu: form & 128 ? 150 : 1200,
  }
}
