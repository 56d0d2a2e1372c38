// @ts-check
/** The house's own checks, over the files git knows. Prints what is wrong; exits with 1 if anything is. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'

const MAX_LINES = 400
const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
})
  .split('\0')
  .filter((path) => path !== '' && existsSync(path))
const isGenerated = (/** @type {string} */ path) =>
  /(^|\/)(generated|vectors)\//.test(path) || /vectors[^/]*\.ts$/.test(path)
const code = tracked.filter((path) => /\.(ts|tsx|mjs|css)$/.test(path) && !isGenerated(path))
const typescript = code.filter((path) => /\.tsx?$/.test(path))
const text = new Map(code.map((path) => [path, readFileSync(path, 'utf8')]))
/** @type {string[]} */
const faults = []

for (const [path, content] of text) {
  const lines = content.split('\n').length
  if (lines > MAX_LINES) faults.push(`${path}: ${lines} lines, at most ${MAX_LINES}`)
}

/** @type {[RegExp, string][]} */
const forbidden = [
  [/\b(it|test|describe)\.(skip|only|todo)\(/, 'a test that does not run'],
  [/@ts-(ignore|nocheck)\b/, 'a silenced type error'],
  [/\b(TODO|FIXME|XXX)\b/, 'unfinished work'],
]
for (const path of typescript) {
  for (const [index, line] of (text.get(path) ?? '').split('\n').entries()) {
    for (const [pattern, what] of forbidden)
      if (pattern.test(line)) faults.push(`${path}:${index + 1}: ${what}`)
  }
}

// projects: a README each, files named in kebab-case, tags that the boundaries know
for (const manifest of tracked.filter((path) => /^(apps|libs|tools)\/.*package\.json$/.test(path))) {
  const folder = dirname(manifest)
  if (!existsSync(`${folder}/README.md`)) faults.push(`${folder}: no README.md`)
  if (
    !JSON.parse(readFileSync(manifest, 'utf8')).nx?.tags?.some((/** @type {string} */ tag) =>
      tag.startsWith('side:'),
    )
  )
    faults.push(`${manifest}: no side: tag`)
}
for (const path of code) {
  if (path.startsWith('apps/console/src/app/') || path.startsWith('apps/console/app/')) continue // names given by Next
  const name = path.split('/').at(-1) ?? ''
  if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/.test(name)) faults.push(`${path}: file names are kebab-case`)
}
for (const path of tracked.filter((one) => !one.includes('/'))) {
  if (
    !/^(package\.json|package-lock\.json|nx\.json|tsconfig\.base\.json|README\.md|LICENSE|\..*)$/.test(path)
  )
    faults.push(`${path}: does not belong at the root`)
}

// what a file exports, another file uses; an index names what the lib is for, and is a use
const words = new Map(
  [...text].map(([path, content]) => [path, new Set(content.match(/[A-Za-z_$][\w$]*/g) ?? [])]),
)
for (const path of typescript) {
  if (/(^|\/)index\.ts$|\.test(-support)?\.tsx?$|^apps\/console\/(src\/)?app\//.test(path)) continue
  for (const [, name] of (text.get(path) ?? '').matchAll(
    /^export (?:abstract )?(?:async )?(?:const|function|class) (\w+)/gm,
  )) {
    const used = [...words].some(([other, set]) => other !== path && set.has(name ?? ''))
    if (!used) faults.push(`${path}: ${name} is exported and used by no other file`)
  }
}

// docker: what the images copy and run stands in the tree, and compose.yml builds the Dockerfile's targets, each of them
const dockerfile = readFileSync('docker/Dockerfile', 'utf8')
for (const [, sources] of dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm))
  for (const source of sources?.split(' ') ?? [])
    if (!existsSync(source)) faults.push(`docker/Dockerfile: copies ${source}, which is not there`)
for (const [, path] of dockerfile.matchAll(/"((?:apps|libs|tools)\/[^"]+)"/g)) {
  const source = (path ?? '').replace('/dist/', '/src/').replace(/\.js$/, '.ts')
  if (!existsSync(source)) faults.push(`docker/Dockerfile: runs ${path}, which nothing makes`)
}
const inOrder = (/** @type {RegExp} */ pattern, /** @type {string} */ content) =>
  [...content.matchAll(pattern)].map(([, name]) => name).sort()
const targets = inOrder(/^FROM runtime AS (\S+)$/gm, dockerfile)
const built = inOrder(/target: ([\w-]+)/g, readFileSync('docker/compose.yml', 'utf8'))
if (String(targets) !== String(built))
  faults.push(
    `docker/compose.yml builds ${built.join(', ')}; the Dockerfile's targets are ${targets.join(', ')}`,
  )

for (const fault of faults) console.log(fault)
console.log(`house: ${code.length} files, ${faults.length} faults`)
process.exit(faults.length > 0 ? 1 : 0)
