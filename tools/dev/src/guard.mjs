// @ts-check
/**
 * Runs a program that is not ours (PostgreSQL) as a child of the supervisor: `node guard.mjs SIGNAL command [argument …]`.
 * When the supervisor is gone, however it went, the IPC channel closes and the program is stopped with SIGNAL, after 3 s with SIGKILL.
 */
import { spawn } from 'node:child_process'

const [signal, command, ...args] = process.argv.slice(2)
if (process.connected === false) process.exit(1) // it went before this line was reached: nobody will tell us
let stopping = false
const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })

function stop() {
  if (stopping) return
  stopping = true
  child.kill(/** @type {NodeJS.Signals} */ (signal))
  setTimeout(() => child.kill('SIGKILL'), 3_000).unref()
}

process.on('SIGTERM', stop)
process.on('SIGINT', stop)
process.on('disconnect', stop)
process.stdout.on('error', stop)
child.on('error', (error) => {
  process.stderr.write(`${command}: ${error.message}\n`)
  process.exit(1)
})
child.on('exit', (code, endedBy) => process.exit(code ?? (endedBy ? 1 : 0)))
