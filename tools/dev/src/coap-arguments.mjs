import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'

/** What `--help` prints. */
export const usage = `usage: npm run coap -- <method> coap://host[:port]/path[?query] [options]

methods   get put post delete fetch patch ipatch observe ping

  -a N, --accept N           ask for this content format: a number or one of text link opaque cbor
                             senml-json senml-cbor tlv lwm2m-json lwm2m-cbor
  -t N, --content-format N   content format of the payload, as above
  -p TEXT, --payload TEXT    payload as text
  -x HEX, --hex HEX          payload as hexadecimal digits
  -f FILE, --file FILE       payload from a file
  -o, --observe              with get: observe, as the method observe does
  -n N, --notifications N    with observe: end after N notifications (default: until interrupted)
  -N, --non                  non-confirmable
  -b N, --block N            block size for long payloads: 16 32 64 128 256 512 1024 (default 1024)
  -w SEC, --wait SEC         give up after so many seconds without an answer (default 93)
  -q, --quiet                print the payload only
  -h, --help

Prints the response code, its options and its payload (hexadecimal if it is not text).
Exit code: 0 for 2.xx, 1 for 4.xx and 5.xx, 2 for wrong usage, 3 without an answer.

examples  npm run coap -- get coap://127.0.0.1/.well-known/core
          npm run coap -- post 'coap://127.0.0.1/rd?ep=demo&lwm2m=1.1&lt=60' -t link -p '</3/0>'
`

/** The command line was wrong; the message says what. */
export class UsageError extends Error {}

const methods = ['get', 'put', 'post', 'delete', 'fetch', 'patch', 'ipatch', 'observe', 'ping']

/** Content formats by the names used on the command line. */
export const contentFormats = {
  text: 0,
  link: 40,
  opaque: 42,
  json: 50,
  cbor: 60,
  'senml-json': 110,
  'senml-cbor': 112,
  'senml-etch-json': 320,
  'senml-etch-cbor': 322,
  tlv: 11542,
  'lwm2m-json': 11543,
  'lwm2m-cbor': 11544,
}

const longNames = {
  '--accept': '-a',
  '--content-format': '-t',
  '--payload': '-p',
  '--hex': '-x',
  '--file': '-f',
  '--observe': '-o',
  '--notifications': '-n',
  '--non': '-N',
  '--block': '-b',
  '--wait': '-w',
  '--quiet': '-q',
}
const switches = new Set(['-o', '-N', '-q'])

function whole(name, text, low, high) {
  if (!/^\d+$/.test(text) || Number(text) < low || Number(text) > high) {
    throw new UsageError(`${name} takes a number between ${low} and ${high}, not "${text}"`)
  }
  return Number(text)
}

function formatOf(name, text) {
  return contentFormats[text] ?? whole(name, text, 0, 0xffff)
}

function bytesOf(option, value) {
  if (option === '-p') return Buffer.from(value)
  if (option === '-x') {
    const digits = value.replace(/\s+/g, '')
    if (digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits))
      throw new UsageError(`not hexadecimal: ${value}`)
    return Buffer.from(digits, 'hex')
  }
  try {
    return readFileSync(value)
  } catch (error) {
    throw new UsageError(`cannot read ${value}: ${error.message}`)
  }
}

function parseUrl(text) {
  let url
  try {
    url = new URL(text)
  } catch {
    throw new UsageError(`not a URL: ${text}`)
  }
  if (url.protocol !== 'coap:') throw new UsageError(`only coap:// is spoken here, not ${url.protocol}//`)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (host === '') throw new UsageError(`no host in ${text}`)
  const segments = url.pathname.split('/').slice(1)
  const decode = (part) => {
    try {
      return decodeURIComponent(part)
    } catch {
      throw new UsageError(`not percent-encoded text: ${part}`)
    }
  }
  return {
    host,
    family: isIP(host) === 6 ? 6 : 4,
    port: url.port === '' ? 5683 : Number(url.port),
    path: segments.length === 1 && segments[0] === '' ? [] : segments.map(decode),
    query: url.search === '' ? [] : url.search.slice(1).split('&').map(decode),
  }
}

/**
 * Reads the command line. Answers `{ method, host, family, port, path, query, accept?, contentFormat?, payload, observe, notifications,
 * confirmable, block, waitMs, quiet }`; throws `UsageError`.
 */
export function parseArguments(args) {
  const words = []
  const wanted = {
    payload: Buffer.alloc(0),
    observe: false,
    notifications: Infinity,
    confirmable: true,
    block: 1024,
    waitMs: 93_000,
    quiet: false,
  }
  const take = {
    '-a': (value) => (wanted.accept = formatOf('-a', value)),
    '-t': (value) => (wanted.contentFormat = formatOf('-t', value)),
    '-p': (value) => (wanted.payload = bytesOf('-p', value)),
    '-x': (value) => (wanted.payload = bytesOf('-x', value)),
    '-f': (value) => (wanted.payload = bytesOf('-f', value)),
    '-n': (value) => (wanted.notifications = whole('-n', value, 1, 1e9)),
    '-b': (value) => (wanted.block = whole('-b', value, 16, 1024)),
    '-w': (value) => (wanted.waitMs = whole('-w', value, 1, 86_400) * 1000),
    '-o': () => (wanted.observe = true),
    '-N': () => (wanted.confirmable = false),
    '-q': () => (wanted.quiet = true),
  }
  for (let i = 0; i < args.length; i++) {
    const word = args[i]
    if (!word.startsWith('-')) {
      words.push(word)
      continue
    }
    const option = longNames[word] ?? word
    if (!take[option]) throw new UsageError(`unknown option ${word}`)
    if (!switches.has(option) && i + 1 === args.length) throw new UsageError(`${word} takes a value`)
    take[option](switches.has(option) ? undefined : args[++i])
  }
  const [method = '', target = ''] = words
  if (!methods.includes(method.toLowerCase())) throw new UsageError(`unknown method "${method}"`)
  if (words.length !== 2) throw new UsageError('one method and one URL')
  if (Math.log2(wanted.block) % 1 !== 0) throw new UsageError('-b takes a power of two between 16 and 1024')
  wanted.method = method.toLowerCase()
  if (wanted.method === 'observe') wanted.observe = true
  if (wanted.observe) {
    if (!['get', 'observe'].includes(wanted.method)) throw new UsageError('only get can observe')
    wanted.method = 'get'
  }
  return { ...wanted, ...parseUrl(target) }
}
