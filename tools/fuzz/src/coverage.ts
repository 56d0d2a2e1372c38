import { Session } from 'node:inspector/promises'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { branchesOf } from './branches.js'

interface Range {
  readonly startOffset: number
  readonly endOffset: number
  readonly count: number
}

interface ScriptCoverage {
  readonly url: string
  readonly functions: readonly { readonly ranges: readonly Range[] }[]
}

/**
 * Begins to count branches in the built files of some sources (folders, or files, from the root of the checkout). What it gives is called at the
 * end and answers lines for people: a share for each file with its first branches that were not reached, and `all` in the last line.
 */
export async function startCoverage(sources: readonly string[]): Promise<() => Promise<string[]>> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  return async () => {
    const { result } = await session.post('Profiler.takePreciseCoverage')
    session.disconnect()
    return report(result, sources)
  }
}

/** How a built file is called in the sources: libs/x/dist/y.js is libs/x/src/y.ts. */
function sourceOf(url: string): string {
  return url.replace('/dist/', '/src/').replace(/\.js$/, '.ts')
}

const missesShown = 6

function report(scripts: readonly ScriptCoverage[], sources: readonly string[]): string[] {
  const lines: string[] = []
  let all = 0
  let reached = 0
  const wanted = scripts
    .filter(({ url }) => url.startsWith('file:') && sources.some((source) => isWithin(sourceOf(url), source)))
    .sort((a, b) => (a.url < b.url ? -1 : 1))
  for (const { url, functions } of wanted) {
    const text = readFileSync(fileURLToPath(url), 'utf8')
    const branches = branchesOf(text)
    const ranges = functions.flatMap((one) => one.ranges)
    const missed = branches.filter(({ at }) => countAt(ranges, at) === 0)
    all += branches.length
    reached += branches.length - missed.length
    if (branches.length === 0) continue
    const where = missed.slice(0, missesShown).map(({ line, what }) => `${line} ${what}`)
    lines.push(
      `${share(branches.length - missed.length, branches.length)}  ${sourceOf(url).replace(/^.*\/(libs\/)/, '$1')}` +
        (where.length > 0 ? `  (built: ${where.join(', ')}${missed.length > missesShown ? ', …' : ''})` : ''),
    )
  }
  return [...lines, `${share(reached, all)}  all ${all} branches`]
}

function isWithin(url: string, source: string): boolean {
  const at = url.indexOf(`/${source}`)
  const next = at < 0 ? undefined : url[at + source.length + 1]
  return at >= 0 && (next === undefined || next === '/')
}

/** How often the innermost range around an offset ran. */
function countAt(ranges: readonly Range[], at: number): number {
  let innermost: Range | undefined
  for (const range of ranges) {
    if (range.startOffset > at || range.endOffset <= at) continue
    if (!innermost || range.endOffset - range.startOffset <= innermost.endOffset - innermost.startOffset)
      innermost = range
  }
  return innermost?.count ?? 0
}

function share(part: number, whole: number): string {
  return `${((100 * part) / Math.max(1, whole)).toFixed(1).padStart(5)} %`
}
