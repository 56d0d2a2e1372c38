// @ts-check
// Says what is planted in the demo fleet and can be found: `npm run demo:truth -- --seed 1 --meters 120 [--json]`.
import { existsSync } from 'node:fs'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { installPackages } from '../install.mjs'
import { inRoot } from '../layout.mjs'
import { run } from '../run.mjs'
import { Complaint, runMain } from '../say.mjs'

const usage = 'npm run demo:truth -- [--meters N (default 120)] [--seed S (default 1)] [--json]'

/** @param {string} text @param {string} name */
function wholeNumber(text, name) {
  if (!/^\d{1,9}$/.test(text)) throw new Complaint(`${name} takes a whole number, not "${text}".`)
  return Number(text)
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        meters: { type: 'string', default: '120' },
        seed: { type: 'string', default: '1' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    throw new Complaint(`${/** @type {Error} */ (error).message}\n\n${usage}`)
  }
}

await runMain(async () => {
  const values = readArguments()
  if (values.help) {
    process.stdout.write(`${usage}\n`)
    return
  }
  await installPackages()
  const options = {
    meters: wholeNumber(values.meters, '--meters'),
    seed: wholeNumber(values.seed, '--seed'),
  }
  const file = inRoot('tools/simulator/dist/index.js')
  if (!existsSync(file)) {
    const nx = inRoot('node_modules/nx/dist/bin/nx.js')
    const built = await run(process.execPath, [
      nx,
      'build',
      '@fieldline/tool-simulator',
      '--outputStyle=static',
    ])
    if (built.code !== 0) throw new Complaint(`The simulator could not be built:\n${built.output.trim()}`)
  }
  const { demoTruth } = await import(pathToFileURL(file).href)
  /** @type {{ letter: string, text: string, endpoints: string[] }[]} */
  const truths = demoTruth(options)
  if (values.json) {
    process.stdout.write(`${JSON.stringify(truths, null, 2)}\n`)
    return
  }
  for (const { letter, text, endpoints } of truths) {
    process.stdout.write(
      `(${letter}) ${text}\n${endpoints.map((endpoint) => `      ${endpoint}\n`).join('')}`,
    )
  }
  if (truths.length === 0) process.stdout.write('Nothing is planted in so small a fleet.\n')
})
