// @ts-check
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ESLint } from 'eslint'
import { beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const eslint = new ESLint({ cwd: root, overrideConfigFile: `${root}tools/lint/eslint.config.mjs` })

/** What is said of a text in the place of a file of ours, by rule. @param {string} filePath @param {string} text */
async function rulesBroken(filePath, text) {
  const [result] = await eslint.lintText(text, { filePath: `${root}${filePath}` })
  return (result?.messages ?? []).map(({ ruleId }) => ruleId)
}

// without the graph of the projects the rule of the boundaries skips itself
beforeAll(() => {
  spawnSync(process.execPath, [`${root}node_modules/nx/dist/bin/nx.js`, 'show', 'projects'], { cwd: root })
})

describe('who depends on whom', () => {
  it.each([
    ['libs/protocol/coap/src/observe.ts', '@fieldline/store'],
    ['libs/protocol/coap/src/observe.ts', '@fieldline/dtls'],
    ['libs/protocol/bytes/src/hex.ts', '@fieldline/object-model'],
    ['libs/fleet/devices/src/presence.ts', '@fieldline/store'],
    ['libs/fleet/operations/src/machine.ts', '@fieldline/campaigns'],
    ['libs/fleet/devices/src/presence.ts', '@fieldline/coap'],
    ['libs/platform/bus/src/bus.ts', '@fieldline/queue'],
    ['libs/platform/sdk/src/client.ts', '@fieldline/access'],
    ['apps/console/src/times.ts', '@fieldline/store'],
    ['apps/api/src/tokens.ts', '../../worker/src/sweep.js'],
  ])('%s may not use %s', async (path, other) => {
    expect(await rulesBroken(path, `import { x } from '${other}'\nexport const y = x\n`)).toEqual([
      '@nx/enforce-module-boundaries',
    ])
  })

  it.each([
    ['libs/protocol/coap/src/observe.ts', '@fieldline/bytes'],
    ['libs/fleet/devices/src/presence.ts', '@fieldline/contracts'],
    ['apps/api/src/tokens.ts', '@fieldline/store'],
    ['apps/console/src/times.ts', '@fieldline/sdk'],
  ])('%s may use %s', async (path, other) => {
    expect(await rulesBroken(path, `import { x } from '${other}'\nexport const y = x\n`)).toEqual([])
  })
})

describe('the pure libraries', () => {
  it.each([
    ['export const now = () => Date.now()\n', 'no-restricted-properties'],
    ['export const chance = () => Math.random()\n', 'no-restricted-properties'],
    ['export const later = (run: () => void) => setTimeout(run, 1)\n', 'no-restricted-globals'],
    ["import pg from 'pg'\nexport const client = pg\n", 'no-restricted-imports'],
  ])('are passed time, chance and the rest: %s', async (text, rule) => {
    expect(await rulesBroken('libs/fleet/devices/src/presence.ts', text)).toEqual([rule])
    expect(await rulesBroken('apps/worker/src/sweep.ts', text)).toEqual([])
  })
})
