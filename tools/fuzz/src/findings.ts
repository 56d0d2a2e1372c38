import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromHex } from '@fieldline/bytes'
import type { Finding } from './run.js'

/** Writes a finding where a person and `--replay` can read it; answers the file. */
export function keepFinding(folder: string, seed: number, finding: Finding): string {
  const { kind, target, input, hex, what } = finding
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${target}-${seed}-${input}.hex`)
  const words = what
    .split('\n')
    .map((line) => `# ${line}\n`)
    .join('')
  writeFileSync(
    file,
    `# ${kind} of ${target}, input ${input} of seed ${seed}\n${words}target ${target}\n${hex}\n`,
  )
  return file
}

/** Reads such a file. Throws `RangeError` where it is none. */
export function readFinding(file: string): { target: string; bytes: Uint8Array } {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
  const target = /^target (\w+)$/.exec(lines[0] ?? '')?.[1]
  const hex = lines[1]?.trim() ?? ''
  if (target === undefined || !/^([0-9a-f]{2})*$/i.test(hex))
    throw new RangeError(`${file} holds no input: a line "target NAME" and a line in hexadecimal`)
  return { target, bytes: fromHex(hex) }
}
