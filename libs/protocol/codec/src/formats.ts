import { Code, ProtocolError } from '@fieldline/bytes'
import type { Node } from '@fieldline/object-model'
import { checkNodes } from './check.js'
import { decodeCbor } from './cbor/decode.js'
import { encodeCbor } from './cbor/encode.js'
import type { DecodeContext, EncodeContext } from './context.js'
import { decodeLink } from './link/decode.js'
import { encodeLink } from './link/encode.js'
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

/** CoAP Content-Format numbers that LwM2M uses. @see LwM2M Core 1.2 §7.4 */
export const ContentFormat = {
  Text: 0,
  Link: 40,
  Opaque: 42,
  Cbor: 60,
  SenmlJson: 110,
  SenmlCbor: 112,
  SenmlEtchJson: 320,
  SenmlEtchCbor: 322,
  Tlv: 11542,
  LwM2mJson: 11543,
  LwM2mCbor: 11544,
} as const

interface Format {
  readonly name: string
  readonly decode: (payload: Uint8Array, context: DecodeContext) => Node[]
  readonly encode: (nodes: readonly Node[], context: EncodeContext) => Uint8Array
}

const formats = new Map<number, Format>([
  [ContentFormat.Text, { name: 'plain text', decode: decodeText, encode: encodeText }],
  [ContentFormat.Link, { name: 'link format', decode: decodeLink, encode: encodeLink }],
  [ContentFormat.Opaque, { name: 'octet stream', decode: decodeOpaque, encode: encodeOpaque }],
  [ContentFormat.Cbor, { name: 'CBOR', decode: decodeCbor, encode: encodeCbor }],
  [ContentFormat.SenmlJson, { name: 'SenML JSON', decode: decodeSenmlJson, encode: encodeSenmlJson }],
  [ContentFormat.SenmlCbor, { name: 'SenML CBOR', decode: decodeSenmlCbor, encode: encodeSenmlCbor }],
  [ContentFormat.Tlv, { name: 'TLV', decode: decodeTlv, encode: encodeTlv }],
  [ContentFormat.LwM2mJson, { name: 'LwM2M JSON', decode: decodeLwM2mJson, encode: encodeLwM2mJson }],
])

/** Numbers from before the registration of the formats; still sent by old clients, never by us. */
const oldNumbers = new Map<number, number>([
  [1541, ContentFormat.Text],
  [1542, ContentFormat.Tlv],
  [1543, ContentFormat.LwM2mJson],
])

/** Formats known by name only. */
const otherNames = new Map<number, string>([
  [ContentFormat.SenmlEtchJson, 'SenML-ETCH JSON'],
  [ContentFormat.SenmlEtchCbor, 'SenML-ETCH CBOR'],
  [ContentFormat.LwM2mCbor, 'LwM2M CBOR'],
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
  return formats.get(current)?.name ?? otherNames.get(current) ?? `format ${format}`
}

/**
 * Values from a payload, in its order. Whatever the bytes, the only error is a `ProtocolError`: 4.15 for a format that is not known, 4.00 in words
 * (with the path, once it is known) for a payload that cannot be understood or does not suit the definitions.
 */
export function decode(format: number, payload: Uint8Array, context: DecodeContext): Node[] {
  const found = formats.get(currentFormat(format))
  if (!found)
    throw new ProtocolError(Code.UnsupportedContentFormat, `${formatName(format)} cannot be decoded`)
  return found.decode(payload, context)
}

/**
 * A payload that carries the nodes, all within the base. Throws `RangeError` in words where a value does not fit its type, lies outside the base, or
 * cannot be said in this format.
 */
export function encode(format: number, nodes: readonly Node[], context: EncodeContext): Uint8Array {
  const found = formats.get(format)
  if (!found) throw new RangeError(`${formatName(format)} cannot be encoded`)
  checkNodes(nodes, context)
  return found.encode(nodes, context)
}
