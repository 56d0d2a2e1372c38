import { parseArgs } from 'node:util'
import { benches } from './benches.js'
import type { Bench } from './bench.js'

export const usage = `npm run bench -- NAME... [options]
  NAME         of a bench, or \`all\`; without one, or with --list, they are listed
  --rounds N   how often each side is measured, in turn (default 5)
  --assert     exit with 1 where a floor is not reached`

/** What the command line says; no benches: list them. */
export interface Options {
  readonly benches: readonly Bench[]
  readonly rounds: number
  readonly assert: boolean
  readonly help: boolean
}

/** Reads the command line. Throws `RangeError` or `TypeError` in one sentence. */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      assert: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const rounds = Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100)
    throw new RangeError(`--rounds takes a whole number from 1 to 100, not "${values.rounds}"`)
  const chosen = positionals.flatMap((name) => {
    if (name === 'all') return benches
    const bench = benches.find((one) => one.name === name)
    if (!bench)
      throw new RangeError(
        `there is no bench "${name}"; there are ${benches.map((one) => one.name).join(', ')}`,
      )
    return [bench]
  })
  return {
    benches: values.list ? [] : [...new Set(chosen)],
    rounds,
    assert: values.assert,
    help: values.help,
  }
}
