// @ts-check
import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import { claimPort } from './ports.mjs'

/** Starts a Redis of its own on a free port, for tests. @param {string} program @returns {Promise<{ url: string, stop: () => Promise<void> }>} */
export async function startThrowawayRedis(program) {
  const port = await claimPort('tcp', 0, '127.0.0.1', 'REDIS_URL')
  const child = spawn(
    program,
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    { stdio: 'ignore' },
  )
  for (let tries = 0; !(await answers(port)); tries++) {
    if (tries > 100) throw new Error('redis-server did not start')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await gone
    },
  }
}

/** @param {number} port @returns {Promise<boolean>} */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(socket.destroy() !== undefined))
    socket.once('error', () => resolve(false))
  })
}
