import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** One line of a corpus file: `name: words`. */
export interface Entry {
  readonly name: string
  readonly text: string
}

const folder = fileURLToPath(new URL('../corpus', import.meta.url))

/** The entries of a target's files with this ending, one a line; lines that begin with # are for people. */
export function corpusLines(target: string, ending: string): Entry[] {
  return corpusFiles(target, ending).flatMap(({ text }) =>
    text
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.startsWith('#'))
      .map((line) => {
        const colon = line.indexOf(': ')
        return { name: line.slice(0, colon), text: line.slice(colon + 2) }
      }),
  )
}

/** The files of a target with this ending, whole. */
export function corpusFiles(target: string, ending: string): Entry[] {
  return readdirSync(join(folder, target))
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => ({ name, text: readFileSync(join(folder, target, name), 'utf8') }))
}
