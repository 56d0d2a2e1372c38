import type { RecordView } from '../record/record.js'
import { copyOf } from '../wire.js'

/** Records of epoch 1 that may wait for the keys: the Finished that overtook its flight. */
const maxHeld = 4
const maxHeldBytes = 1024

/** Protected records that came before their keys; a few, for they may be anybody's. */
export class HeldRecords {
  #records: Uint8Array[] = []

  add(record: RecordView): void {
    const bytes = this.#records.reduce((sum, one) => sum + one.length, record.bytes.length)
    if (this.#records.length < maxHeld && bytes <= maxHeldBytes) this.#records.push(copyOf(record.bytes))
  }

  take(): readonly Uint8Array[] {
    const records = this.#records
    this.#records = []
    return records
  }
}
