import { Code } from '@fieldline/bytes'
import { ContentFormat, currentFormat } from '@fieldline/codec'
import type { ResourceType } from '@fieldline/object-model'
import type { LwM2mVersion } from './versions.js'

/** Formats to try, best first. */
export interface FormatPreference {
  /** For Read and Observe, as Accept; `undefined` is a request without Accept. */
  readonly read: readonly (number | undefined)[]
  /** For Write and Create, as Content-Format. */
  readonly write: readonly number[]
}

const { Cbor, LwM2mCbor, LwM2mJson, Opaque, SenmlCbor, SenmlJson, Text, Tlv } = ContentFormat

/** Formats that can carry any path, per version, in our order: what is compact goes first. */
const structured: Readonly<Record<LwM2mVersion, readonly number[]>> = {
  '1.0': [Tlv, LwM2mJson],
  '1.1': [SenmlCbor, SenmlJson, Tlv],
  '1.2': [SenmlCbor, LwM2mCbor, SenmlJson, Tlv],
}

/**
 * The order in which to try content formats with a device: those its root link names (`ct`), then the one of its first answer, then no Accept at
 * all, then what its version suggests. On first contact (nothing known) a Read goes without Accept. `single`, the type of the one value written,
 * adds the formats that carry exactly one.
 */
export function preferredFormats(
  version: LwM2mVersion,
  ct: readonly number[] = [],
  firstAnswer?: number,
  single?: ResourceType,
): FormatPreference {
  const all = [...new Set([...structured[version], SenmlCbor, SenmlJson, Tlv, LwM2mJson])]
  const stated = ct.map(currentFormat)
  const answered = firstAnswer === undefined ? undefined : currentFormat(firstAnswer)
  const known = [
    ...all.filter((format) => stated.includes(format)),
    ...all.filter((format) => format === answered && !stated.includes(format)),
  ]
  const suggested = structured[version].filter((format) => !known.includes(format))
  return {
    read: [...known, undefined, ...suggested],
    write: [...known, ...suggested, ...singleValueFormats(single, version, stated)],
  }
}

function singleValueFormats(
  single: ResourceType | undefined,
  version: LwM2mVersion,
  stated: readonly number[],
): number[] {
  if (single === undefined || single === 'none') return []
  return [
    ...(single === 'opaque' ? [Opaque] : []),
    Text,
    ...(version !== '1.0' && stated.includes(Cbor) ? [Cbor] : []),
  ]
}

/**
 * Formats in which to try the body of a composite operation, best first: which of them a client of 1.2 takes is not signalled unless its root
 * link names them. None for 1.0, which has no composite operations.
 * @see LwM2M Transport 1.2 §6.4.5
 */
export function compositeFormats(version: LwM2mVersion, ct: readonly number[] = []): number[] {
  const { SenmlEtchCbor, SenmlEtchJson } = ContentFormat
  const all = {
    '1.0': [],
    '1.1': [SenmlCbor, SenmlJson],
    '1.2': [SenmlEtchCbor, SenmlEtchJson, SenmlCbor, SenmlJson],
  }[version]
  const stated = all.filter((format) => ct.includes(format))
  return [...stated, ...all.filter((format) => !stated.includes(format))]
}

/** Whether a device's refusal may be about the content format, so that the next one is worth a try. */
export function isFormatRefusal(code: Code): boolean {
  return (
    code === Code.NotAcceptable || code === Code.UnsupportedContentFormat || code === Code.InternalServerError
  )
}
