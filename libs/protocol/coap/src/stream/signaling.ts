import { Type, noBytes } from '../message.js'
import type { MessageView } from '../message-view.js'
import type { MessageWriter } from '../message-writer.js'

/** Codes of the messages about the connection itself (RFC 8323 §5.1). */
export const Signal = { Csm: 0xe1, Ping: 0xe2, Pong: 0xe3, Release: 0xe4, Abort: 0xe5 } as const

/** Option numbers of signaling messages; each code has numbers of its own (RFC 8323 §5.2). */
const CsmOption = { MaxMessageSize: 2, BlockWiseTransfer: 4, ExtendedTokenLength: 6 } as const
const badCsmOption = 2

/** What one side can take, as its Capabilities and Settings Messages say (RFC 8323 §5.3, RFC 8974 §2.2.1). */
export interface Capabilities {
  /** Bytes of the longest message it takes. */
  readonly maxMessageSize: number
  /** It takes bodies in blocks, also in several at once (BERT) if messages of more than 1152 bytes may be sent. */
  readonly blockWise: boolean
  /** Bytes of the longest token it takes. */
  readonly maxTokenBytes: number
}

/** What holds until a Capabilities and Settings Message says otherwise. */
export const baseCapabilities: Capabilities = { maxMessageSize: 1152, blockWise: false, maxTokenBytes: 8 }

/** The message that announces `capabilities`, as a datagram. */
export function writeCapabilities(writer: MessageWriter, capabilities: Capabilities): Uint8Array {
  writer.begin(Type.Confirmable, Signal.Csm, 0, noBytes)
  writer.uint(CsmOption.MaxMessageSize, capabilities.maxMessageSize)
  if (capabilities.blockWise) writer.opaque(CsmOption.BlockWiseTransfer, noBytes)
  if (capabilities.maxTokenBytes > 8) writer.uint(CsmOption.ExtendedTokenLength, capabilities.maxTokenBytes)
  return writer.finish()
}

/** A critical option that is not understood: the connection ends (RFC 8323 §5.3, §5.6). */
export class BadSignalingOption extends Error {
  override readonly name = 'BadSignalingOption'
  constructor(readonly option: number) {
    super(`critical signaling option ${option} is not understood`)
  }
}

/** Takes one Capabilities and Settings Message into what was known before: they add up. Throws `BadSignalingOption`. */
export function readCapabilities(view: MessageView, known: Capabilities): Capabilities {
  let { maxMessageSize, blockWise, maxTokenBytes } = known
  for (let i = 0; i < view.optionCount; i++) {
    const number = view.numbers[i]
    if (number === CsmOption.MaxMessageSize && view.length(i) <= 4) maxMessageSize = view.uint(i)
    else if (number === CsmOption.BlockWiseTransfer) blockWise = true
    else if (number === CsmOption.ExtendedTokenLength && view.length(i) <= 3)
      maxTokenBytes = Math.max(8, view.uint(i))
    else if (number & 1) throw new BadSignalingOption(number)
  }
  return { maxMessageSize, blockWise, maxTokenBytes }
}

/** Refuses what a Ping, Pong, Release or Abort asks with an option that must be understood: none is known that must. */
export function checkSignalingOptions(view: MessageView): void {
  for (let i = 0; i < view.optionCount; i++)
    if (view.numbers[i] & 1) throw new BadSignalingOption(view.numbers[i])
}

/** A Ping, or the Pong that answers it with the same token (RFC 8323 §5.4), as a datagram. */
export function writePing(
  writer: MessageWriter,
  code: typeof Signal.Ping | typeof Signal.Pong,
  token: Uint8Array,
): Uint8Array {
  return writer.begin(Type.Confirmable, code, 0, token).finish()
}

/** The message before the end (RFC 8323 §5.6), as a datagram: why, in words, and the option that was not understood. */
export function writeAbort(writer: MessageWriter, reason: string, option?: number): Uint8Array {
  writer.begin(Type.Confirmable, Signal.Abort, 0, noBytes)
  if (option !== undefined) writer.uint(badCsmOption, option)
  return writer.finish(new TextEncoder().encode(reason.slice(0, 256)))
}

/** The message that asks to end the connection in order (RFC 8323 §5.5), as a datagram. */
export function writeRelease(writer: MessageWriter): Uint8Array {
  return writer.begin(Type.Confirmable, Signal.Release, 0, noBytes).finish()
}
