import { contentFormats } from './coap-arguments.mjs'

const codeNames = {
  2.01: 'Created',
  2.02: 'Deleted',
  2.03: 'Valid',
  2.04: 'Changed',
  2.05: 'Content',
  4: 'Bad Request',
  4.01: 'Unauthorized',
  4.02: 'Bad Option',
  4.03: 'Forbidden',
  4.04: 'Not Found',
  4.05: 'Method Not Allowed',
  4.06: 'Not Acceptable',
  4.08: 'Request Entity Incomplete',
  4.09: 'Conflict',
  4.12: 'Precondition Failed',
  4.13: 'Request Entity Too Large',
  4.15: 'Unsupported Content-Format',
  5: 'Internal Server Error',
  5.01: 'Not Implemented',
  5.03: 'Service Unavailable',
  5.05: 'Proxying Not Supported',
}

const formatNames = new Map(Object.entries(contentFormats).map(([name, number]) => [number, name]))

const integerOptions = new Set(['Observe', 'Max-Age', 'Size1', 'Size2', 'Content-Format', 'Accept'])
const blockOptions = new Set(['Block1', 'Block2'])
const textOptions = new Set(['Location-Path', 'Location-Query', 'Uri-Path', 'Uri-Query'])

function integer(bytes) {
  return bytes.length === 0 ? 0 : bytes.readUIntBE(0, bytes.length)
}

function optionText(name, value) {
  if (!Buffer.isBuffer(value)) return String(value)
  if (blockOptions.has(name)) {
    const packed = integer(value)
    return `${packed >> 4}/${(packed >> 3) & 1}/${16 << (packed & 7)}`
  }
  if (textOptions.has(name)) return JSON.stringify(value.toString())
  if (name === 'Content-Format') {
    const number = integer(value)
    return formatNames.has(number) ? `${number} (${formatNames.get(number)})` : String(number)
  }
  return integerOptions.has(name) ? String(integer(value)) : value.toString('hex')
}

const strictText = new TextDecoder('utf-8', { fatal: true })

/** The payload as text; undefined if it is not UTF-8 or has control characters, which a terminal would obey. */
function asText(payload) {
  try {
    const text = strictText.decode(payload)
    return /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(text) ? undefined : text
  } catch {
    return undefined
  }
}

/** Writes code, options and payload to `out`; only the payload if `quiet`. */
export function printMessage(out, { code, options, payload }, { quiet }) {
  const lines = []
  if (!quiet) {
    lines.push(`${code} ${codeNames[Number(code)] ?? ''}`.trimEnd())
    for (const { name, value } of options) lines.push(`  ${name}: ${optionText(name, value)}`)
  }
  if (payload.length > 0) lines.push(asText(payload) ?? payload.toString('hex'))
  if (lines.length > 0) out.write(lines.join('\n') + '\n')
}

/** One line about an error. */
export function describeError(error) {
  return error instanceof Error ? error.message : String(error)
}
