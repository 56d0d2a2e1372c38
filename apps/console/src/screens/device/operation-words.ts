import { codeInWords, durationInWords } from '@fieldline/contracts'
import type { Operation } from '@fieldline/contracts'
import { clockInWords } from '../../times'
import { operationWords } from '../../words'

/** The state of an operation as a sentence: `Waiting, expected 04:40 CET ± 50 min`, `Failed: 4.05 Method Not Allowed …`. */
export function operationInWords(operation: Operation, now: number): string {
  const { word } = operationWords[operation.state]
  const { state, kind, code, expectedAt, expectedGraceSeconds: grace, result } = operation
  const said = result?.text
  if (state === 'queued') {
    if (expectedAt === undefined) return `${word} for its next contact`
    const margin = grace === undefined ? '' : ` ± ${durationInWords(grace * 1_000)}`
    return `${word}, expected ${clockInWords(Date.parse(expectedAt), now)}${margin}`
  }
  if (state === 'succeeded') {
    const done = kind === 'read' || kind === 'discover' ? 'Answered by the device' : word
    return `${said ?? done}${code === undefined ? '' : ` (${code})`}`
  }
  const cause = said ?? (code === undefined ? undefined : codeInWords(code))
  return cause === undefined ? word : `${word}: ${cause}`
}
