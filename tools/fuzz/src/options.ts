import { parseArgs } from 'node:util'
import { targets } from './targets.js'
import type { Target } from './target.js'

export const usage = `npm run fuzz -- --target NAME [options]
  --target NAME   ${targets.map(({ name }) => name).join(', ')}
  --seconds S     how long (default 60)
  --seed N        which inputs; the same seed gives the same ones in the same order (default 1)
  --coverage      print which branches of the target's sources were reached, by file
  --keep FOLDER   where inputs that broke something are written (default .data/fuzz)
  --replay FILE   try one such input again`

/** What the command line says. */
export interface Options {
  readonly help: boolean
  readonly target: Target | undefined
  readonly seconds: number
  readonly seed: number
  readonly coverage: boolean
  readonly keep: string
  readonly replay: string | undefined
}

/** Reads the command line. Throws `RangeError` or `TypeError` in one sentence. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      target: { type: 'string' },
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
      coverage: { type: 'boolean', default: false },
      keep: { type: 'string', default: '.data/fuzz' },
      replay: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const names = targets.map(({ name }) => name).join(', ')
  const target = targets.find(({ name }) => name === values.target)
  if (values.target !== undefined && !target)
    throw new RangeError(`there is no target "${values.target}"; there are ${names}`)
  if (!target && values.replay === undefined && !values.help)
    throw new RangeError(`--target takes one of ${names}`)
  return {
    help: values.help,
    target,
    seconds: whole(values.seconds, '--seconds', 1, 1_000_000),
    seed: whole(values.seed, '--seed', 0, 2 ** 32 - 1),
    coverage: values.coverage,
    keep: values.keep,
    replay: values.replay,
  }
}

function whole(text: string, name: string, least: number, most: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new RangeError(`${name} takes a whole number from ${least} to ${most}, not "${text}"`)
  return value
}
