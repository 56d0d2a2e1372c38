import type { Clock } from '@fieldline/bytes'
import { defaultLimits } from '@fieldline/dtls'
import type { DtlsPeer, DtlsSession } from '@fieldline/dtls'
import { BrokenPromise } from '../target.js'
import { handshakeType, readRecords, recordType, tailOf } from './wire.js'

/** How much may go to an address that has not proved itself, for each byte that came from it. */
const amplification = 3

interface Account {
  received: number
  sent: number
  proved: boolean
  /** Sent something since the address appeared. */
  answered: boolean
  /** What sessions were granted that have moved there. */
  readonly grants: Set<Grant>
}

/** What may go in any case, in one period, to the addresses that a session moves to. */
interface Grant {
  readonly at: number
  readonly accounts: Set<Account>
}

/** Watches what leaves a server: no address that proved nothing gets more than thrice what it sent, and no nonce serves twice under one key. */
export class Watch {
  readonly #accounts = new Map<string, Account>()
  readonly #numbers = new WeakMap<DtlsSession, Set<number>>()
  /** Numbers used in the handshake that an address is in, by the server's random. */
  readonly #handshakes = new Map<string, { readonly random: string; readonly numbers: Set<number> }>()
  readonly #owing = new Set<string>()
  /** Sessions by the address that they were heard from last: a NAT may have given it to one after the other. */
  readonly #open = new Map<string, Set<DtlsSession>>()

  /** What each session was granted last. */
  readonly #grants = new WeakMap<DtlsSession, Grant>()

  /** `allowance`: bytes that may go to the new addresses of a session in any case, once in `unverifiedPeriodMs`. */
  constructor(
    private readonly clock: Clock,
    private readonly allowance: number,
  ) {}

  #account(peer: DtlsPeer): Account {
    let account = this.#accounts.get(peer.id)
    if (!account) {
      account = { received: 0, sent: 0, proved: false, answered: false, grants: new Set() }
      this.#accounts.set(peer.id, account)
    }
    return account
  }

  received(datagram: Uint8Array, from: DtlsPeer): void {
    const account = this.#account(from)
    account.received += datagram.length
    // an answer may have reached it, so what comes now may be a proof
    if (account.answered && this.#open.has(from.id)) account.proved = true
  }

  /** A cookie came back from there. */
  proved(from: DtlsPeer): void {
    this.#account(from).proved = true
  }

  /** A datagram leaves; of `session`, if it was the owner who sent on it. */
  sent(datagram: Uint8Array, to: DtlsPeer, session: DtlsSession | undefined): void {
    const account = this.#account(to)
    account.sent += datagram.length
    account.answered = true
    this.#owing.add(to.id)
    for (const record of readRecords(datagram)) {
      for (const { type, offset, body } of record.pieces ?? [])
        if (type === handshakeType.serverHello && offset === 0)
          this.#begun(to, Buffer.from(body.subarray(2, 34)).toString('hex'))
    }
    for (const number of protectedNumbers(datagram)) this.#used(number, to, session)
  }

  /** To be called when a call of the server is over, and it is known what it proved. */
  settle(): void {
    for (const id of this.#owing) {
      const account = this.#accounts.get(id)
      if (!account || account.proved) continue
      const allowed = amplification * account.received + account.grants.size * this.allowance
      if (account.sent > allowed)
        throw new BrokenPromise(`${account.sent} bytes to an unproved address that sent ${account.received}`)
      for (const grant of account.grants)
        if (spentOf(grant) > this.allowance)
          throw new BrokenPromise(`${spentOf(grant)} bytes to the unproved addresses of one session`)
    }
    this.#owing.clear()
  }

  #begun(to: DtlsPeer, random: string): void {
    if (this.#handshakes.get(to.id)?.random !== random)
      this.#handshakes.set(to.id, { random, numbers: new Set() })
  }

  #used(number: number, to: DtlsPeer, session: DtlsSession | undefined): void {
    const open = [...(this.#open.get(to.id) ?? [])].map((one) => this.#numbers.get(one))
    const running = this.#handshakes.get(to.id)?.numbers
    const candidates = session ? [this.#numbers.get(session)] : running ? [running, ...open] : open
    // one beside the other: what came of a datagram may belong to either
    if (candidates.length > 1) return
    const [numbers] = candidates
    if (!numbers) return
    if (numbers.has(number)) throw new BrokenPromise(`record number ${number} under one key twice`)
    numbers.add(number)
  }

  /** A handshake became a session. */
  opened(session: DtlsSession): void {
    const running = this.#handshakes.get(session.peer.id)
    this.#handshakes.delete(session.peer.id)
    this.#numbers.set(session, running?.numbers ?? new Set())
    this.#isAt(session)
  }

  #isAt(session: DtlsSession): void {
    const { id } = session.peer
    this.#open.set(id, (this.#open.get(id) ?? new Set()).add(session))
  }

  /** It ends; what may go to where it was stays, for its last words may have gone there already. */
  closed(session: DtlsSession): void {
    for (const [id, there] of this.#open) if (there.delete(session) && there.size === 0) this.#open.delete(id)
  }

  moved(session: DtlsSession): void {
    this.closed(session)
    this.#isAt(session)
    this.#grant(session)
  }

  /** Moving to and fro is granted nothing anew before the period is over. */
  #grant(session: DtlsSession): void {
    const now = this.clock.now()
    const last = this.#grants.get(session)
    const isOver = !last || now - last.at >= defaultLimits.unverifiedPeriodMs
    const grant: Grant = isOver ? { at: now, accounts: new Set() } : last
    this.#grants.set(session, grant)
    const account = this.#account(session.peer)
    account.grants.add(grant)
    grant.accounts.add(account)
  }

  /** A session was restored from a snapshot of another. */
  restored(session: DtlsSession, from: DtlsSession): void {
    this.#numbers.set(session, this.#numbers.get(from) ?? new Set())
    this.#isAt(session)
    this.#grant(session)
  }

  /** The server is gone, and all that it knew. */
  killed(): void {
    this.#handshakes.clear()
    this.#open.clear()
  }
}

/** What of a grant was needed: more than thrice what came, at addresses that nobody else was granted anything for. */
function spentOf({ accounts }: Grant): number {
  let spent = 0
  for (const { proved, sent, received, grants } of accounts)
    if (!proved && grants.size === 1) spent += Math.max(0, sent - amplification * received)
  return spent
}

/** Numbers of the records of epoch 1 in a datagram. What follows one with a Connection ID is not found; nothing does. */
function protectedNumbers(datagram: Uint8Array): number[] {
  const records = readRecords(datagram)
  const numbers = records.filter(({ epoch }) => epoch === 1).map(({ sequence }) => sequence)
  const tail = Buffer.from(tailOf(datagram, records))
  if (tail[0] === recordType.cid && tail.length >= 11) numbers.push(tail.readUIntBE(5, 6))
  return numbers
}
