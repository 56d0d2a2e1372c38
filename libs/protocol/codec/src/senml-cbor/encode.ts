import { formatObjlnk, isObjlnk } from '@fieldline/object-model'
import type { Node } from '@fieldline/object-model'
import { writeCborValue } from '../cbor/encode.js'
import { CborWriter } from '../cbor/write.js'
import type { EncodeContext } from '../context.js'
import { planRecords } from '../senml/plan.js'
import type { Change } from '../senml/records.js'
import { label } from './labels.js'

/** A SenML CBOR pack of definite lengths; a removal becomes the null of SenML-ETCH. */
export function encodeSenmlCbor(changes: readonly Change[], context: EncodeContext): Uint8Array {
  const writer = new CborWriter()
  writer.array(changes.length)
  for (const { bn, bt, n, t, item } of planRecords(changes, context)) {
    writer.map([bn, bt, n, t].filter((field) => field !== undefined).length + 1)
    if (bn !== undefined) writer.integer(label.bn).text(bn)
    if (bt !== undefined) writeSeconds(writer.integer(label.bt), bt)
    if (n !== undefined) writer.integer(label.n).text(n)
    if (t !== undefined) writeSeconds(writer.integer(label.t), t)
    if ('removed' in item) writer.integer(label.v).null()
    else if (isObjlnk(item.value)) writer.text(label.vlo).text(formatObjlnk(item.value))
    else {
      writer.integer(valueLabel(item))
      writeCborValue(writer, item)
    }
  }
  return writer.finish()
}

function writeSeconds(writer: CborWriter, seconds: number): void {
  if (Number.isInteger(seconds)) writer.integer(seconds)
  else writer.float(seconds)
}

function valueLabel({ type, value }: Node): number {
  if (type === 'none') return label.v
  if (typeof value === 'string') return label.vs
  if (typeof value === 'boolean') return label.vb
  return value instanceof Uint8Array ? label.vd : label.v
}
