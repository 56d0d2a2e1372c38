import { Code, ProtocolError, toHex } from '@fieldline/bytes'
import { formatPath, parsePath, rootPath } from '@fieldline/object-model'
import { describe, expect, it } from 'vitest'
import {
  ContentFormat,
  decode,
  decodeChanges,
  decodePaths,
  encode,
  encodeChanges,
  encodePaths,
} from './index.js'
import type { Node } from '@fieldline/object-model'
import type { Change } from './index.js'
import { expectedPaths, expectedRows, listsPaths, rowsOf, vectors } from './vectors/vector.test-support.js'
import type { RunnableVector } from './vectors/vector.test-support.js'

/** Cuts tried at most: long payloads are cut at their ends and here and there between. */
const MAX_CUTS = 600

const isEtch = ({ format }: RunnableVector): boolean =>
  format === ContentFormat.SenmlEtchJson || format === ContentFormat.SenmlEtchCbor

function read(vector: RunnableVector, payload = vector.payload): readonly Change[] | string[] {
  const { format, context } = vector
  if (listsPaths(vector)) return decodePaths(format, payload, context).map(formatPath)
  return isEtch(vector) ? decodeChanges(format, payload, context) : decode(format, payload, context)
}

function write(vector: RunnableVector, found: readonly Change[] | string[]): Uint8Array {
  const { format, context } = vector
  if (listsPaths(vector)) return encodePaths(format, (found as string[]).map(parsePath), context)
  if (isEtch(vector)) return encodeChanges(format, found as Change[], context)
  return encode(format, found as Node[], context)
}

const byPath = (rows: readonly (readonly unknown[])[]): unknown[] =>
  rows.map((row) => [...row]).sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1))

// Lists of links have no values: link/vectors.test.ts runs them.
const lists = ({ format, id }: RunnableVector): boolean =>
  format === ContentFormat.Link && !id.startsWith('own-')

describe.each(vectors.filter((vector) => !lists(vector)).map((vector) => [vector.id, vector] as const))(
  '%s',
  (_id, vector) => {
    if (!vector.valid) {
      it('is refused with 4.00', () => {
        expect(() => read(vector)).toThrow(ProtocolError)
        expect(() => read(vector)).toThrow(expect.objectContaining({ code: Code.BadRequest }))
      })
    } else {
      it('is read', () => {
        const found = read(vector)
        if (listsPaths(vector)) expect(found).toEqual(expectedPaths(vector))
        else if (Array.isArray(vector.decoded))
          expect(rowsOf(found as Change[])).toEqual(expectedRows(vector))
        else expect(byPath(rowsOf(found as Change[]))).toEqual(byPath(expectedRows(vector)))
      })

      if (vector.canonical) {
        it('is written byte for byte', () => {
          expect(toHex(write(vector, read(vector)))).toBe(vector.hex)
        })
      }

      it('survives being written and read again in its own spelling', () => {
        const found = read(vector)
        const inside = rowsOfNodes(found).every((path) => path.startsWith(formatPath(vector.context.base)))
        const own = inside ? vector : { ...vector, context: { ...vector.context, base: rootPath } }
        // SenML cannot say a time before 1978 absolutely.
        if (rowsOfTimes(found).some((time) => time < 2 ** 28 * 1000)) return
        expect(read(own, write(own, found))).toEqual(found)
      })
    }

    it('is valid or refused, never more, when cut at any byte', () => {
      const { length } = vector.payload
      const step = Math.max(1, Math.floor(length / MAX_CUTS))
      for (let cut = 0; cut < length; cut += cut < MAX_CUTS / 2 ? 1 : step) {
        try {
          read(vector, vector.payload.subarray(0, cut))
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError)
        }
      }
    })
  },
)

function rowsOfNodes(found: readonly (Change | string)[]): string[] {
  return found.map((item) => (typeof item === 'string' ? item : formatPath(item.path)))
}

function rowsOfTimes(found: readonly (Change | string)[]): number[] {
  return found.flatMap((item) =>
    typeof item === 'object' && 'time' in item && item.time !== undefined ? [item.time] : [],
  )
}

describe('the vectors', () => {
  it('are there for every format', () => {
    expect([...new Set(vectors.map(({ format }) => format))].sort((a, b) => a - b)).toEqual([
      0, 40, 42, 60, 110, 112, 320, 322, 11542, 11543, 11544,
    ])
    expect(vectors.filter(({ id }) => !id.includes('own-'))).toHaveLength(119)
    expect(new Set(vectors.map(({ id }) => id)).size).toBe(vectors.length)
  })
})
