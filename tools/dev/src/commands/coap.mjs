// A small CoAP command line on node-coap, which shares no code with our own endpoint: `npm run coap -- --help`.
import process from 'node:process'
import { UsageError, parseArguments, usage } from '../coap-arguments.mjs'
import { describeError, printMessage } from '../coap-print.mjs'
import { ping, request } from '../coap-request.mjs'

/** Exit codes: 0 answered with 2.xx, 1 answered with 4.xx or 5.xx, 2 wrong usage, 3 no answer. */
const exitCode = { ok: 0, refused: 1, usage: 2, silent: 3 }

async function main(args) {
  if (args.length === 0 || args.includes('-h') || args.includes('--help')) {
    process.stdout.write(usage)
    return args.length === 0 ? exitCode.usage : exitCode.ok
  }
  const wanted = parseArguments(args)
  if (wanted.method === 'ping') {
    const milliseconds = await ping(wanted)
    process.stdout.write(`alive after ${milliseconds} ms\n`)
    return exitCode.ok
  }
  let code = '0.00'
  for await (const message of request(wanted)) {
    code = message.code
    printMessage(process.stdout, message, wanted)
  }
  return code.startsWith('2.') ? exitCode.ok : exitCode.refused
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  const wrongUse = error instanceof UsageError
  process.stderr.write(`coap: ${describeError(error)}\n${wrongUse ? '\n' + usage : ''}`)
  process.exitCode = wrongUse ? exitCode.usage : exitCode.silent
}
// node-coap keeps timers for 247 s after an exchange.
process.stdout.write('', () => process.exit())
