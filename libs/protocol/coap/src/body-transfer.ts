import { blockSize, exponentFor, isFull, maxBlockNumber, partSize } from './block.js'
import type { Block } from './block.js'
import type { CoapResponse } from './message.js'
import type { CoapLimits } from './port.js'
import { sameBytes } from './token-table.js'

/** What a step of a transfer led to: another block is wanted, the body is whole, it starts anew, or it cannot go on. */
export type TransferStep = 'more' | 'whole' | 'restart' | 'too-large' | 'bad-response'

/** A request body on its way out in Block1 blocks. It counts in bytes, so that the block size may shrink on the way (RFC 7959 §2.3). */
export class RequestBody {
  #offset = 0
  #accepted = 0
  #szx: number
  #blocks: boolean

  constructor(
    private readonly payload: Uint8Array,
    /** Bytes of a body that one message may carry. */
    private readonly partBytes: number,
  ) {
    this.#szx = exponentFor(partBytes)
    this.#blocks = payload.length > this.#size
  }

  /** Bytes of the current message. */
  get #size(): number {
    return partSize(this.#szx, this.partBytes)
  }

  /** Whether it travels in blocks. */
  get inBlocks(): boolean {
    return this.#blocks
  }

  get szx(): number {
    return this.#szx
  }

  get num(): number {
    return this.#offset / blockSize(this.#szx)
  }

  get isFirst(): boolean {
    return this.#offset === 0
  }

  get isSecond(): boolean {
    return this.#accepted === 1
  }

  get isLast(): boolean {
    return this.#offset + this.#size >= this.payload.length
  }

  /** Where the current block begins in the payload, and where it ends. */
  get start(): number {
    return this.#offset
  }

  get end(): number {
    return this.#blocks ? Math.min(this.payload.length, this.#offset + this.#size) : this.payload.length
  }

  /** Whether this acknowledges a block before the current one. */
  isPast(block: Block | undefined): boolean {
    return block !== undefined && block.num < this.num
  }

  /** Begins anew: the peer has dropped what it had. */
  restart(): void {
    this.#offset = 0
    this.#accepted = 0
  }

  /** The current block was accepted, answered with `block`. */
  accept(block: Block | undefined): TransferStep {
    if (!block || block.num !== this.num || block.szx > this.#szx) return 'bad-response'
    this.#offset += this.#size
    this.#accepted++
    // The peer wants smaller blocks: what it has taken counts, in its new unit (RFC 7959 Figure 9).
    this.#szx = block.szx
    return this.num > maxBlockNumber ? 'too-large' : 'more'
  }

  /** Refused as too large, with a hint at a smaller block: starts again. False if there is nothing smaller to try. */
  shrink(block: Block | undefined): boolean {
    if (!block || this.#offset > 0) return false
    const smaller = this.#blocks
      ? block.szx < this.#szx
      : partSize(block.szx, this.partBytes) < this.payload.length
    if (!smaller) return false
    this.#blocks = true
    this.#szx = block.szx
    return this.payload.length / blockSize(this.#szx) <= maxBlockNumber
  }
}

/** A peer that leaves the tag out of later blocks says nothing about them. */
function mayBeSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined || sameBytes(a, b)
}

/** A response body on its way in, in Block2 blocks. */
export class ResponseBody {
  #chunks: Uint8Array[] = []
  #length = 0
  #szx = 6
  #head: CoapResponse | undefined
  #restarts = 0
  #observe: number | undefined

  constructor(private readonly limits: Pick<CoapLimits, 'maxBody' | 'maxRestarts'>) {}

  /** Number and size exponent of the block to ask for. */
  get num(): number {
    return this.#length / blockSize(this.#szx)
  }

  get szx(): number {
    return this.#szx
  }

  /** Whether this block came before those that are still wanted. */
  isPast(block: Block | undefined): boolean {
    return block !== undefined && block.num * blockSize(block.szx) < this.#length
  }

  /** Takes a block; `response` carries its payload. */
  add(response: CoapResponse, block: Block, size: number | undefined): TransferStep {
    const bytes = blockSize(block.szx)
    const { payload } = response
    if (this.#head && (response.code !== this.#head.code || !mayBeSame(response.etag, this.#head.etag))) {
      return this.#restart()
    }
    if (block.num * bytes !== this.#length || (block.more && !isFull(block, payload.length)))
      return 'bad-response'
    if (this.#length + payload.length > this.limits.maxBody || (size ?? 0) > this.limits.maxBody)
      return 'too-large'
    if (this.#head && block.szx > this.#szx) return 'bad-response'
    this.#head ??= response
    this.#observe ??= response.observe
    // A copy: a view would keep the datagram, whose options may be many times as long.
    this.#chunks.push(payload.slice())
    this.#length += payload.length
    this.#szx = block.szx
    return block.more ? 'more' : 'whole'
  }

  // The representation changed between two blocks (RFC 7959 §2.4).
  #restart(): TransferStep {
    this.#chunks = []
    this.#length = 0
    this.#head = undefined
    return this.#restarts++ < this.limits.maxRestarts ? 'restart' : 'bad-response'
  }

  /** The response with the whole body; Observe is that of the very first block, which alone carries it. */
  whole(): CoapResponse {
    return { ...this.#head!, observe: this.#observe, payload: concatenate(this.#chunks, this.#length) }
  }
}

/** The chunks one after another. */
export function concatenate(chunks: readonly Uint8Array[], length: number): Uint8Array {
  if (chunks.length === 1) return chunks[0]
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
