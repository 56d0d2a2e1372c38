/** A definition file that cannot be taken, in words that begin with the line. The caller's fault: somebody chose that file. */
export class DdfError extends RangeError {
  override readonly name = 'DdfError'

  /** `line` counts from 1. */
  constructor(
    readonly line: number,
    what: string,
  ) {
    super(`line ${line}: ${what}`)
  }
}

/** Something in a definition file that is wrong and was understood all the same. */
export interface DdfWarning {
  /** From 1. */
  readonly line: number
  readonly message: string
}
