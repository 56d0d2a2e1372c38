// @ts-check
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { inRoot } from './layout.mjs'
import { complaintAboutNode } from './node-version.mjs'

const guard = inRoot('tools/dev/src/node-version.mjs')
/** @type {Record<string, string>} */
const scripts = JSON.parse(readFileSync(inRoot('package.json'), 'utf8')).scripts
const entries = Object.entries(scripts).map(([name, line]) => ({
  name,
  file: inRoot(line.split(' ').at(-1) ?? ''),
}))

/** The text without its types and comments, in words that a Node of that year knows. @param {string} file @param {ts.ScriptTarget} target */
const writtenFor = (file, target) =>
  ts.transpileModule(readFileSync(file, 'utf8'), {
    compilerOptions: { target, module: ts.ModuleKind.ESNext, removeComments: true },
    reportDiagnostics: true,
  })

/** @param {string} file */
const expectOldWords = (file) => {
  const { outputText, diagnostics } = writtenFor(file, ts.ScriptTarget.ES2019)
  expect(diagnostics).toEqual([])
  expect(outputText).toBe(writtenFor(file, ts.ScriptTarget.ESNext).outputText)
  expect(outputText).not.toMatch(/^await\b/m)
}

describe('a command', () => {
  const run = (/** @type {string} */ body) =>
    spawnSync(process.execPath, [
      '--input-type=module',
      '-e',
      `import { begin } from ${JSON.stringify(guard)}; begin(${body})`,
    ]).status

  it('that never comes to its end has not gone well', () => {
    expect(run('() => new Promise(() => {})')).toBe(13)
    expect(run('async () => {}')).toBe(0)
    expect(run('async () => { process.exitCode = 3 }')).toBe(3)
    expect(run('async () => { throw new Error() }')).toBe(1)
  })
})

describe('the engines of package.json', () => {
  it('are those that are taken', () => {
    const { engines } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'))
    expect(engines.node).toBe('^20.19.0 || >=22.12.0')
  })
})

describe('a Node that is too old', () => {
  it('is told what to do in one sentence', () => {
    expect(complaintAboutNode('18.20.1')).toMatch(
      /needs Node 20.19, 22.12 or newer; this is 18.20.1. Install/,
    )
    // 21 and the first of 22 are newer than 20.19 and cannot load a module of Prisma's
    for (const version of ['12.22.12', '16.14.0', '18.0.0', '20.10.0', '20.18.3', '21.7.3', '22.11.0'])
      expect(complaintAboutNode(version), version).toMatch(/needs Node 20.19/)
    for (const version of ['20.19.0', '22.12.0', '22.13.0', '23.0.0', '24.1.0'])
      expect(complaintAboutNode(version)).toBeUndefined()
  })

  it('can read what tells it', () => {
    expectOldWords(guard)
    expect(readFileSync(guard, 'utf8')).not.toMatch(/^import\b/m)
  })

  it.each(entries)('can read npm run $name, which imports nothing else before', ({ file }) => {
    expectOldWords(file)
    expect(readFileSync(file, 'utf8').match(/^import .*$/gm)).toEqual([
      "import { begin } from './src/node-version.mjs'",
    ])
  })

  it.each(entries)('ends npm run $name with that sentence and 1', ({ file }) => {
    const older = `data:text/javascript,Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.0.0' } })`
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', older, file], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    expect(stderr.trim()).toBe(complaintAboutNode('18.0.0'))
    expect(stdout).toBe('')
    expect(status).toBe(1)
  })
})
