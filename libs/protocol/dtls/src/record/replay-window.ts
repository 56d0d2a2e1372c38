/** Records that may arrive later than newer ones and still be taken. */
const width = 64

/** What was received in one epoch: 64 records back from the newest (RFC 6347 §4.1.2.6). Two words, no allocation. */
export class ReplayWindow {
  /** The newest sequence number, −1 before the first. */
  top = -1
  /** Bit n of `low` is record top − n, of `high` record top − 32 − n. */
  low = 0
  high = 0

  /** Whether a record of this number was not seen before; too old counts as seen. */
  isFresh(sequence: number): boolean {
    if (sequence > this.top) return true
    const age = this.top - sequence
    if (age >= width) return false
    return age < 32 ? ((this.low >>> age) & 1) === 0 : ((this.high >>> (age - 32)) & 1) === 0
  }

  /** Notes an authentic record; true if it is the newest so far. */
  mark(sequence: number): boolean {
    if (sequence > this.top) {
      this.#shift(this.top < 0 ? width : sequence - this.top)
      this.low |= 1
      this.top = sequence
      return true
    }
    const age = this.top - sequence
    if (age < 32) this.low |= 1 << age
    else if (age < width) this.high |= 1 << (age - 32)
    return false
  }

  #shift(by: number): void {
    if (by >= width) this.low = this.high = 0
    else if (by >= 32) {
      this.high = this.low << (by - 32)
      this.low = 0
    } else if (by > 0) {
      this.high = (this.high << by) | (this.low >>> (32 - by))
      this.low <<= by
    }
  }
}
