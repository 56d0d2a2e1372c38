// @ts-check
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const house = fileURLToPath(new URL('house.mjs', import.meta.url))
const dockerfile = [
  'FROM node AS build',
  'COPY package.json ./',
  'COPY apps apps',
  'FROM node AS runtime',
  'COPY --from=build /fieldline /fieldline',
  'FROM runtime AS api',
  'CMD ["node", "apps/api/dist/main.js"]',
  '',
].join('\n')
/** A tree without a fault. @type {Record<string, string>} */
const sound = {
  'package.json': '{}',
  'docker/Dockerfile': dockerfile,
  'docker/compose.yml': 'services: { api: { build: { target: api } } }\n',
  'apps/api/package.json': '{ "nx": { "tags": ["side:app"] } }',
  'apps/api/README.md': '# api\n',
  'apps/api/src/main.ts': "import { answer } from './answer.js'\nanswer()\n",
  'apps/api/src/answer.ts': 'export function answer() {}\n',
}

/** What the house says of the sound tree with these files in it, or without those that are null. @param {Record<string, string | null>} files */
function judge(files) {
  const folder = mkdtempSync(join(tmpdir(), 'fieldline-house-'))
  try {
    for (const [path, content] of Object.entries({ ...sound, ...files })) {
      if (content === null) continue
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), content)
    }
    spawnSync('git', ['init', '-q'], { cwd: folder })
    const { status, stdout } = spawnSync(process.execPath, [house], { cwd: folder, encoding: 'utf8' })
    return { status, faults: stdout.trim().split('\n').slice(0, -1) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe('the house', () => {
  it('finds nothing where nothing is wrong', () => {
    expect(judge({})).toEqual({ status: 0, faults: [] })
  })

  /** @type {[string, Record<string, string | null>, RegExp][]} */
  const planted = [
    ['a long file', { 'apps/api/src/main.ts': `answer()${'\n'.repeat(400)}` }, /main\.ts: 401 lines/],
    [
      'a test that does not run',
      { 'apps/api/src/a.test.ts': "answer()\nit.skip('x')" },
      /a\.test\.ts:2: a test/,
    ],
    ['a silenced type error', { 'apps/api/src/a.ts': '// @ts-ignore\n' }, /a\.ts:1: a silenced type error/],
    ['unfinished work', { 'apps/api/src/a.ts': '// TODO\n' }, /a\.ts:1: unfinished work/],
    ['a project without a README', { 'apps/api/README.md': null }, /apps\/api: no README/],
    ['a project without a side', { 'apps/api/package.json': '{}' }, /no side: tag/],
    ['a name in another case', { 'apps/api/src/myFile.ts': '' }, /myFile\.ts: file names are kebab-case/],
    ['a stray file at the root', { 'notes.md': '' }, /notes\.md: does not belong at the root/],
    [
      'an export that nobody uses',
      { 'apps/api/src/a.ts': 'export const lonely = 1\n' },
      /a\.ts: lonely is exported/,
    ],
    [
      'a copy of what is not there',
      { 'docker/Dockerfile': `${dockerfile}COPY tools tools\n` },
      /copies tools/,
    ],
    [
      'a program that nothing makes',
      { 'apps/api/src/main.ts': null, 'apps/api/src/a.ts': 'answer()' },
      /runs apps\/api/,
    ],
    ['a target that is not built', { 'docker/compose.yml': 'services: {}\n' }, /compose\.yml builds/],
  ]
  it.each(planted)('finds %s, and nothing else', (_name, files, fault) => {
    expect(judge(files)).toEqual({ status: 1, faults: [expect.stringMatching(fault)] })
  })
})
