import { Code, ProtocolError } from '@fieldline/bytes'
import { formatPath } from '@fieldline/object-model'
import type { Node } from '@fieldline/object-model'
import { decodeCbor } from './cbor/decode.js'
import { encodeCbor } from './cbor/encode.js'
import { checkNodes, withOneZero } from './check.js'
import { ContentFormat } from './content-format.js'
import type { DecodeContext, EncodeContext } from './context.js'
import { refuseTooLong } from './errors.js'
import { decodeLink } from './link/decode.js'
import { encodeLink } from './link/encode.js'
import { decodeLwM2mCbor } from './lwm2m-cbor/decode.js'
import { encodeLwM2mCbor } from './lwm2m-cbor/encode.js'
import { decodeLwM2mJson } from './lwm2m-json/decode.js'
import { encodeLwM2mJson } from './lwm2m-json/encode.js'
import { decodeOpaque } from './opaque/decode.js'
import { encodeOpaque } from './opaque/encode.js'
import { decodeSenmlCbor } from './senml-cbor/decode.js'
import { encodeSenmlCbor } from './senml-cbor/encode.js'
import { decodeSenmlJson } from './senml-json/decode.js'
import { encodeSenmlJson } from './senml-json/encode.js'
import { decodeText } from './text/decode.js'
import { encodeText } from './text/encode.js'
import { decodeTlv } from './tlv/decode.js'
import { encodeTlv } from './tlv/encode.js'

interface Format {
  readonly name: string
  readonly decode: (payload: Uint8Array, context: DecodeContext) => Node[]
  readonly encode: (nodes: readonly Node[], context: EncodeContext) => Uint8Array
  /** Whether the format can say when a value was taken. */
  readonly times?: true
}

const formats = new Map<number, Format>([
  [ContentFormat.Text, { name: 'plain text', decode: decodeText, encode: encodeText }],
  [ContentFormat.Link, { name: 'link format', decode: decodeLink, encode: encodeLink }],
  [ContentFormat.Opaque, { name: 'octet stream', decode: decodeOpaque, encode: encodeOpaque }],
  [ContentFormat.Cbor, { name: 'CBOR', decode: decodeCbor, encode: encodeCbor }],
  [
    ContentFormat.SenmlJson,
    { name: 'SenML JSON', decode: decodeSenmlJson, encode: encodeSenmlJson, times: true },
  ],
  [
    ContentFormat.SenmlCbor,
    { name: 'SenML CBOR', decode: decodeSenmlCbor, encode: encodeSenmlCbor, times: true },
  ],
  [ContentFormat.Tlv, { name: 'TLV', decode: decodeTlv, encode: encodeTlv }],
  [
    ContentFormat.LwM2mJson,
    { name: 'LwM2M JSON', decode: decodeLwM2mJson, encode: encodeLwM2mJson, times: true },
  ],
  [ContentFormat.LwM2mCbor, { name: 'LwM2M CBOR', decode: decodeLwM2mCbor, encode: encodeLwM2mCbor }],
])

/** Numbers from before the registration of the formats; still sent by old clients, never by us. */
const oldNumbers = new Map<number, number>([
  [1541, ContentFormat.Text],
  [1542, ContentFormat.Tlv],
  [1543, ContentFormat.LwM2mJson],
])

/** Formats of composite request bodies alone: `decodePaths`, `decodeChanges` and their encoders know them. */
const compositeNames = new Map<number, string>([
  [ContentFormat.SenmlEtchJson, 'SenML-ETCH JSON'],
  [ContentFormat.SenmlEtchCbor, 'SenML-ETCH CBOR'],
])

/** The number in use today for a format number that may be an old one. */
export function currentFormat(format: number): number {
  return oldNumbers.get(format) ?? format
}

/** Whether `decode` and `encode` know a format. */
export function isSupportedFormat(format: number): boolean {
  return formats.has(currentFormat(format))
}

/** A format's name for people; `format 4711` for an unknown number. */
export function formatName(format: number): string {
  const current = currentFormat(format)
  return formats.get(current)?.name ?? compositeNames.get(current) ?? `format ${format}`
}

/**
 * Values from a payload, in its order. Whatever the bytes, the only error is a `ProtocolError`: 4.15 for a format that is not known, 4.13 beyond the
 * format's limits, 4.00 in words (with the path, once it is known) for a payload that cannot be understood or does not suit the definitions.
 */
export function decode(format: number, payload: Uint8Array, context: DecodeContext): Node[] {
  const found = formats.get(currentFormat(format))
  if (!found)
    throw new ProtocolError(Code.UnsupportedContentFormat, `${formatName(format)} cannot be decoded`)
  refuseTooLong(payload, found.name)
  return found.decode(payload, context)
}

/**
 * A payload that carries the nodes, all within the base. Throws `RangeError` in words where a value does not fit its type, lies outside the base, or
 * cannot be said in this format (a time included).
 */
export function encode(format: number, nodes: readonly Node[], context: EncodeContext): Uint8Array {
  const found = formats.get(format)
  if (!found) throw new RangeError(`${formatName(format)} cannot be encoded`)
  checkNodes(nodes, context)
  const timed = found.times ? undefined : nodes.find((node) => node.time !== undefined)
  if (timed)
    throw new RangeError(`${formatPath(timed.path)}: ${found.name} cannot say when a value was taken`)
  return found.encode(nodes.map(withOneZero), context)
}
