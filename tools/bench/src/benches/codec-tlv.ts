/**
 * An object instance of twenty resources in LwM2M TLV. Ours: bytes to values with path and type, each checked against the object's definition.
 * Reference: a walk over the same bytes with a DataView that knows the types beforehand and checks nothing, values in an array.
 * Floor 0.25, aim 0.5 of the walk's speed.
 */
import { decodeAgainst } from '../decoding.js'
import type { Bench } from '../bench.js'
import { ContentFormat, samplesIn } from '../instance.js'
import type { ResourceType } from '@fieldline/object-model'

const text = new TextDecoder()

function number(view: DataView, at: number, length: number, float: boolean): number {
  if (float) return length === 4 ? view.getFloat32(at) : view.getFloat64(at)
  if (length === 1) return view.getInt8(at)
  if (length === 2) return view.getInt16(at)
  return length === 4 ? view.getInt32(at) : Number(view.getBigInt64(at))
}

function walk(payload: Uint8Array, types: readonly ResourceType[]): unknown[] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  const values: unknown[] = []
  for (let at = 0; at < payload.length;) {
    const head = view.getUint8(at++)
    let id = view.getUint8(at++)
    if (head & 0x20) id = (id << 8) | view.getUint8(at++)
    let length = head & 7
    for (let bytes = (head >> 3) & 3; bytes > 0; bytes--) length = (length << 8) | view.getUint8(at++)
    const type = types[id]
    if (type === 'string') values.push(text.decode(payload.subarray(at, at + length)))
    else if (type === 'boolean') values.push(view.getUint8(at) === 1)
    else values.push(number(view, at, length, type === 'float'))
    at += length
  }
  return values
}

export const codecTlv: Bench = {
  name: 'codec-tlv',
  measures: 'twenty resources from TLV, against a bare DataView walk over the same bytes',
  unit: 'CPU µs per payload',
  ratio: 'reference / candidate',
  judged: 'ratio',
  better: 'higher',
  floor: 0.25,
  aim: 0.5,
  run(rounds) {
    const { samples, types } = samplesIn(ContentFormat.Tlv)
    for (const { payload, expected } of samples) {
      if (walk(payload, types).some((value, i) => value !== expected[i].value))
        throw new Error('the walk read other values than were written')
    }
    return decodeAgainst(ContentFormat.Tlv, samples, (payload) => walk(payload, types).length, rounds)
  },
}
