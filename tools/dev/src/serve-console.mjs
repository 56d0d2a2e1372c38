// @ts-check
/**
 * Serves the built console: `node serve-console.mjs PORT`, in the folder of the console, API_URL in the environment. One process, so that its end
 * is the end of the console, and it ends with the supervisor.
 */
import { createServer } from 'node:http'
import { createRequire } from 'node:module'

const port = Number(process.argv[2])
const hostname = '127.0.0.1'
const next = createRequire(import.meta.url)('next')
const app = next({ dev: false, dir: process.cwd(), hostname, port })
const handle = app.getRequestHandler()
const server = createServer((request, response) => void handle(request, response))

const stop = () => {
  server.close(leave)
  server.closeAllConnections() // streams of live events never end by themselves
  setTimeout(leave, 2_000).unref()
}
// an exit can wait for ever for a thread that compiles, and nobody may be left to kill us
const leave = () => process.kill(process.pid, 'SIGKILL')
process.on('SIGTERM', stop)
process.on('SIGINT', stop)
process.on('disconnect', stop)
if (process.connected === false) leave() // the supervisor went before anybody listened for that
await app.prepare()
server.listen(port, hostname)
