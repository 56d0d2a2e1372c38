import { Code } from '@fieldline/bytes'
import { blockSize, isFull } from './block.js'
import { concatenate } from './body-transfer.js'
import type { CoapCounters } from './counters.js'
import type { RequestFields } from './option-reading.js'
import type { CoapLimits } from './port.js'
import { WheelTimer } from './timer-wheel.js'
import type { TimerWheel } from './timer-wheel.js'

/** A body of which some blocks have arrived. */
export class Assembly {
  readonly chunks: Uint8Array[] = []
  length = 0
  /** Bytes of memory: many small blocks cost more than their bytes, and a peer decides how long a path is. */
  cost: number
  touchedMs = 0
  /** The handler works on the whole body; until it has answered, the last block must not start it again. */
  delivering = false

  constructor(
    readonly key: string,
    readonly peerId: string,
    readonly contentFormat: number | undefined,
  ) {
    this.cost = key.length
  }
}

/** What a block led to: the whole body, an answer to the block, or nothing because the body is being handled. */
export type BlockOutcome =
  | { readonly kind: 'body'; readonly body: Uint8Array; readonly assembly: Assembly | undefined }
  | { readonly kind: 'answer'; readonly code: Code; readonly detail?: string }
  | { readonly kind: 'busy' }

/** Memory of a chunk beside its bytes. */
const chunkOverhead = 128

/** Request bodies on their way in, bounded in number, bytes and time, of one peer and of all (RFC 7959 §2.5). */
export class Assemblies extends WheelTimer {
  // In the order of the last block: the first is the one that has waited longest.
  readonly #open = new Map<string, Assembly>()
  /** How many each peer has open. */
  readonly #ofPeer = new Map<string, number>()
  #bytes = 0

  constructor(
    private readonly limits: CoapLimits,
    private readonly lifetimeMs: number,
    private readonly counters: CoapCounters,
    private readonly wheel: TimerWheel,
    private readonly now: () => number,
  ) {
    super()
  }

  /** Lets go of what has waited too long. */
  override fire(): void {
    const nowMs = this.now()
    this.#expire(nowMs)
    for (const { touchedMs } of this.#open.values()) {
      this.wheel.start(this, touchedMs + this.lifetimeMs - nowMs)
      return
    }
  }

  /** Forgets all. */
  close(): void {
    this.wheel.stop(this)
    this.#open.clear()
    this.#ofPeer.clear()
    this.#bytes = 0
  }

  get size(): number {
    return this.#open.size
  }

  /** Takes one block. `key` names peer, method, path, query and Request-Tag: tokens may change from block to block. */
  take(key: string, peerId: string, fields: RequestFields, payload: Uint8Array, nowMs: number): BlockOutcome {
    const { num, more, szx } = fields.block1!
    const size = blockSize(szx)
    const offset = num * size
    this.#expire(nowMs)
    if (!isFull(fields.block1!, payload.length)) {
      return this.#refuse(Code.BadRequest, `a block of ${payload.length} bytes, announced as ${size}`)
    }
    if ((fields.size1 ?? 0) > this.limits.maxBody || offset + payload.length > this.limits.maxBody) {
      this.drop(this.#open.get(key))
      return this.#refuse(Code.RequestEntityTooLarge, `at most ${this.limits.maxBody} bytes`)
    }
    let assembly = this.#open.get(key)
    if (assembly?.delivering) return { kind: 'busy' }
    if (num === 0) {
      // The peer starts anew, whatever was there.
      this.drop(assembly)
      if (!more) return { kind: 'body', body: payload, assembly: undefined }
      if (!this.#makeRoomOfPeer(peerId) || !this.#hasRoom(key.length + payload.length, nowMs)) {
        return this.#refuse(Code.ServiceUnavailable, 'too many bodies at once')
      }
      assembly = new Assembly(key, peerId, fields.contentFormat)
      this.#bytes += assembly.cost
      this.#ofPeer.set(peerId, (this.#ofPeer.get(peerId) ?? 0) + 1)
      if (this.#open.size === 0) this.wheel.start(this, this.lifetimeMs)
    } else if (!assembly || assembly.contentFormat !== fields.contentFormat) {
      this.drop(assembly)
      return this.#refuse(Code.RequestEntityIncomplete, 'the blocks before this one are missing')
    } else if (more && offset + payload.length === assembly.length) {
      // The last block once more, under a new Message ID: our answer was lost.
      return { kind: 'answer', code: Code.Continue }
    } else if (offset !== assembly.length) {
      const { length } = assembly
      this.drop(assembly)
      return this.#refuse(Code.RequestEntityIncomplete, `block at ${offset}, ${length} expected`)
    } else if (!this.#hasBytes(payload.length)) {
      this.drop(assembly)
      return this.#refuse(Code.ServiceUnavailable, 'too many bytes at once')
    }
    assembly.touchedMs = nowMs
    this.#open.delete(key)
    this.#open.set(key, assembly)
    if (more) {
      // A copy: a view would keep the datagram, whose options may be many times as long.
      assembly.chunks.push(payload.slice())
      assembly.length += payload.length
      assembly.cost += payload.length + chunkOverhead
      this.#bytes += payload.length + chunkOverhead
      return { kind: 'answer', code: Code.Continue }
    }
    // The last block is not kept: if the handler withholds its answer, it comes again and completes the body again.
    assembly.delivering = true
    const body = concatenate([...assembly.chunks, payload], assembly.length + payload.length)
    return { kind: 'body', body, assembly }
  }

  /** Forgets a body: it was answered, or is given up. */
  drop(assembly: Assembly | undefined): void {
    if (!assembly || this.#open.get(assembly.key) !== assembly) return
    this.#open.delete(assembly.key)
    this.#bytes -= assembly.cost
    const others = (this.#ofPeer.get(assembly.peerId) ?? 1) - 1
    if (others > 0) this.#ofPeer.set(assembly.peerId, others)
    else this.#ofPeer.delete(assembly.peerId)
    if (this.#open.size === 0) this.wheel.stop(this)
  }

  /** One more of this peer: its oldest makes room, unless its handler works on it. */
  #makeRoomOfPeer(peerId: string): boolean {
    if ((this.#ofPeer.get(peerId) ?? 0) < this.limits.maxAssembliesPerPeer) return true
    for (const assembly of this.#open.values()) {
      if (assembly.peerId !== peerId || assembly.delivering) continue
      this.counters.assembliesDropped++
      this.drop(assembly)
      return true
    }
    return false
  }

  #refuse(code: Code, detail: string): BlockOutcome {
    this.counters.blocksRefused++
    return { kind: 'answer', code, detail }
  }

  #expire(nowMs: number): void {
    for (const assembly of this.#open.values()) {
      if (assembly.touchedMs + this.lifetimeMs > nowMs) return
      this.counters.assembliesDropped++
      this.drop(assembly)
    }
  }

  #hasBytes(bytes: number): boolean {
    return this.#bytes + bytes <= this.limits.maxAssemblyBytes
  }

  #hasRoom(bytes: number, nowMs: number): boolean {
    for (const assembly of this.#open.values()) {
      if (this.#open.size < this.limits.maxAssemblies && this.#hasBytes(bytes)) return true
      if (assembly.delivering || assembly.touchedMs + this.limits.assemblyIdleMs > nowMs) return false
      this.counters.assembliesDropped++
      this.drop(assembly)
    }
    return this.#open.size < this.limits.maxAssemblies && this.#hasBytes(bytes)
  }
}
