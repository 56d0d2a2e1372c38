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
await app.prepare()
const handle = app.getRequestHandler()
const server = createServer((request, response) => void handle(request, response))
server.listen(port, hostname)

const stop = () => {
  server.close(() => process.exit(0))
  server.closeAllConnections() // streams of live events never end by themselves
  setTimeout(() => process.exit(0), 2_000).unref()
}
process.on('SIGTERM', stop)
process.on('SIGINT', stop)
process.on('disconnect', stop)
