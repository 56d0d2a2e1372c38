#!/usr/bin/env node
// @ts-check
// Builds the fuzzer where it has changed and runs it: `npm run fuzz -- --help`.
import { spawn } from 'node:child_process'
import process from 'node:process'
import { inRoot } from './src/layout.mjs'
import { run } from './src/run.mjs'
import { Complaint, runMain } from './src/say.mjs'

await runMain(async () => {
  const built = await run(process.execPath, [
    inRoot('node_modules/nx/dist/bin/nx.js'),
    'build',
    '@fieldline/tool-fuzz',
    '--outputStyle=static',
  ])
  if (built.code !== 0) throw new Complaint(`The fuzzer could not be built:\n${built.output.trim()}`)
  const child = spawn(process.execPath, [inRoot('tools/fuzz/dist/main.js'), ...process.argv.slice(2)], {
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
