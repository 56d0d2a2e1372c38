#!/usr/bin/env node
// @ts-check
// Builds the benches where they have changed and runs them: `npm run bench -- --list`.
import { spawn } from 'node:child_process'
import process from 'node:process'
import { inRoot } from './src/layout.mjs'
import { run } from './src/run.mjs'
import { Complaint, runMain } from './src/say.mjs'

await runMain(async () => {
  const built = await run(process.execPath, [
    inRoot('node_modules/nx/dist/bin/nx.js'),
    'build',
    '@fieldline/tool-bench',
    '--outputStyle=static',
  ])
  if (built.code !== 0) throw new Complaint(`The benches could not be built:\n${built.output.trim()}`)
  const child = spawn(process.execPath, [inRoot('tools/bench/dist/main.js'), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM']))
    process.on(signal, () => child.kill(signal))
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => resolve(status ?? (signal ? 128 : 1)))
  })
  process.exit(Number(code))
})
