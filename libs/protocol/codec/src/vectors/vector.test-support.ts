import { readFileSync } from 'node:fs'
import { fromHex } from '@fieldline/bytes'
import { formatObjlnk, formatPath, isObjlnk, parsePath } from '@fieldline/object-model'
import { contextAt } from '../formats.test-support.js'
import type { Change, DecodeContext } from '../index.js'
import { ownVectors } from './own.test-support.js'

/**
 * One payload and what it says: the shape of `payloads.json`. With a `path`, the keys of `decoded` are ids below it, otherwise absolute paths; a list
 * of `{path, t, v}` is a time series, a list of texts a list of paths. `{"$hex"}` is a byte string, `{"$bigint"}` an integer beyond 2^53.
 */
export interface Vector {
  readonly id: string
  readonly format: number
  readonly path: string | null
  readonly hex: string
  readonly decoded: unknown
  readonly valid: boolean
  /** `decode`: legal to read, never what we write. `request`: a body that only a server sends. */
  readonly direction: 'both' | 'decode' | 'request'
}

/** A vector made ready to run. */
export interface RunnableVector extends Vector {
  readonly payload: Uint8Array
  readonly context: DecodeContext
  /** Whether encoding what was decoded gives exactly `hex`. */
  readonly canonical: boolean
}

/** Legal spellings that are not the one we choose: the reason stands beside each. */
const otherSpellings = new Map([
  ['tlv-multi-empty', 'values carry no trace of a resource without instances'],
  ['senml-json-objlnk-tree', 'leaves the requested instance'],
  ['senml-json-opaque', 'a full name where we write a base name'],
  ['senml-cbor-objlnk', 'base name / where we write the requested path'],
  ['ets-257', 'base name / where we write full names'],
  ['senml-cbor-opaque', 'a full name where we write a base name'],
  ['senml-cbor-timeseries-send', 'answers to another base than Send has'],
  ['omajson-history', 'the path is no resource'],
  ['omajson-objlnk', 'base name / where we write the requested path'],
  ['omajson-empty', 'base name without its slash'],
  ['senml-json-readcomp-req-bn', 'base names where we write full names'],
  ['etch-json-fetch', 'base names where we write full names'],
  ['lcbor-indefinite', 'indefinite lengths'],
  ['lcbor-mixed-depth', 'one instance in two keys'],
  ['lcbor-indefinite-bytes', 'indefinite lengths'],
  ['link-leshan-root', 'a text without quotes'],
  ['link-register-ver-quoted', 'a number in quotes'],
])
/** Examples that give a resource another type than its registry entry, or name a resource by a path that is none. */
const withoutDefinitions = new Set(['tlv-res-16bit-id', 'senml-cbor-key-order', 'omajson-history'])

function runnable(vector: Vector): RunnableVector {
  const gateway = vector.id.includes('lcbor-gateway')
  const path = vector.path?.replace('/x', '/65000').replace('/d01', '') ?? '/'
  const { alternatePath: _none, ...plain } = contextAt(path)
  return {
    ...vector,
    path: vector.path === null ? null : path,
    payload: fromHex(vector.hex),
    context: {
      ...plain,
      ...(withoutDefinitions.has(vector.id) && { definitions: () => undefined }),
      ...(vector.id.includes('alt-path') && { alternatePath: '/lwm2m' }),
      ...(gateway && { gatewayPrefix: 'd01' }),
    },
    canonical: vector.direction !== 'decode' && !otherSpellings.has(vector.id),
  }
}

const shared = JSON.parse(readFileSync(new URL('payloads.json', import.meta.url), 'utf8')) as Vector[]

/** Every vector: the shared ones and our own. */
export const vectors: readonly RunnableVector[] = [...shared, ...ownVectors].map(runnable)

/** Path, value as the vectors write it, and the time in Unix seconds where there is one. */
export type Row = readonly [path: string, value: unknown, seconds?: number]

/** What a decoder made of a payload, as rows. */
export function rowsOf(changes: readonly Change[]): Row[] {
  return changes.map((change) => {
    if ('removed' in change) return [formatPath(change.path), null]
    const value = isObjlnk(change.value) ? formatObjlnk(change.value) : change.value
    return change.time === undefined
      ? [formatPath(change.path), value]
      : [formatPath(change.path), value, change.time / 1000]
  })
}

/** What a vector says, as rows. */
export function expectedRows({ path, decoded }: RunnableVector): Row[] {
  if (Array.isArray(decoded)) {
    return decoded.map((entry: { path: string; t?: number; v: unknown }): Row =>
      entry.t === undefined ? [entry.path, valueOf(entry.v)] : [entry.path, valueOf(entry.v), entry.t],
    )
  }
  return expand(decoded, path ?? '/')
}

function expand(decoded: unknown, at: string): Row[] {
  if (
    typeof decoded !== 'object' ||
    decoded === null ||
    '$hex' in decoded ||
    '$bigint' in decoded ||
    '$float' in decoded
  )
    return [[at, valueOf(decoded)]]
  return Object.entries(decoded).flatMap(([key, value]) =>
    expand(value, key.startsWith('/') ? key.replace('/d01', '') : `${at === '/' ? '' : at}/${key}`),
  )
}

function valueOf(json: unknown): unknown {
  if (typeof json === 'object' && json !== null) {
    if ('$hex' in json) return fromHex(String(json.$hex))
    if ('$bigint' in json) return BigInt(String(json.$bigint))
    if ('$float' in json) return Number(json.$float)
  }
  return json === 'FFFF:FFFF' ? '65535:65535' : json
}

/** The paths a vector lists. */
export const expectedPaths = ({ decoded }: Vector): string[] =>
  (decoded as string[]).map((text) => formatPath(parsePath(text)))

/** Whether a vector lists paths instead of values. */
export const listsPaths = ({ decoded, id }: Vector): boolean =>
  id.includes('fetch') || (Array.isArray(decoded) && decoded.every((entry) => typeof entry === 'string'))
