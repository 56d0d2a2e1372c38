import { Code, ProtocolError } from '@fieldline/bytes'
import { rootPath } from '@fieldline/object-model'
import type { Path } from '@fieldline/object-model'
import { ContentFormat } from '../content-format.js'
import type { DecodeContext } from '../context.js'
import { decodeLwM2mCbor } from '../lwm2m-cbor/decode.js'
import { refuseTooLong } from '../errors.js'
import { readSenmlCbor } from '../senml-cbor/decode.js'
import { readSenmlJson } from '../senml-json/decode.js'
import { readChanges, readPaths, readValues } from '../senml/records.js'
import type { Change, PackReader } from '../senml/records.js'

/** What decoding the body of a composite operation needs: its paths are absolute, so it has no base. */
export type CompositeDecodeContext = Omit<DecodeContext, 'base'>

interface Pack {
  readonly name: string
  readonly read: PackReader
  /** A SenML-ETCH format: fetch packs hold names only, patch packs may remove. */
  readonly etch: boolean
}

const packs = new Map<number, Pack>([
  [ContentFormat.SenmlJson, { name: 'SenML JSON', read: readSenmlJson, etch: false }],
  [ContentFormat.SenmlCbor, { name: 'SenML CBOR', read: readSenmlCbor, etch: false }],
  [
    ContentFormat.SenmlEtchJson,
    {
      name: 'SenML-ETCH JSON',
      read: (payload, records) => readSenmlJson(payload, records, true),
      etch: true,
    },
  ],
  [
    ContentFormat.SenmlEtchCbor,
    {
      name: 'SenML-ETCH CBOR',
      read: (payload, records) => readSenmlCbor(payload, records, true),
      etch: true,
    },
  ],
])

/**
 * The paths that the body of a Read-Composite or Observe-Composite lists, in its order: SenML with names only, or a SenML-ETCH fetch pack. 4.15 for
 * another format, 4.00 on a value or a path twice.
 * @see LwM2M Transport 1.2 §6.4.5, RFC 8790 §3.1
 */
export function decodePaths(
  format: number,
  payload: Uint8Array,
  context: Pick<DecodeContext, 'alternatePath' | 'gatewayPrefix'> = {},
): Path[] {
  const pack = packs.get(format)
  if (!pack) throw unsupported(format, 'a list of paths')
  refuseTooLong(payload, pack.name)
  const whole: DecodeContext = { ...context, base: rootPath, definitions: () => undefined, now: 0 }
  return readPaths(pack.name, pack.read, payload, whole, pack.etch)
}

/**
 * What the body of a Write-Composite asks for, in its order: values, and in a SenML-ETCH patch pack removals of resource instances. 4.15 for another
 * format, 4.00 on what cannot be understood or a path twice.
 * @see RFC 8790 §3.2
 */
export function decodeChanges(
  format: number,
  payload: Uint8Array,
  context: CompositeDecodeContext,
): Change[] {
  const whole: DecodeContext = { ...context, base: rootPath }
  refuseTooLong(payload, `format ${format}`)
  if (format === ContentFormat.LwM2mCbor) return decodeLwM2mCbor(payload, whole)
  const pack = packs.get(format)
  if (!pack) throw unsupported(format, 'a composite write')
  return pack.etch
    ? readChanges(pack.name, pack.read, payload, whole)
    : readValues(pack.name, pack.read, payload, whole)
}

function unsupported(format: number, what: string): ProtocolError {
  return new ProtocolError(Code.UnsupportedContentFormat, `format ${format} cannot carry ${what}`)
}
