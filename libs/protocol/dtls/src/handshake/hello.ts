import { ByteReader, ByteWriter } from '@fieldline/bytes'
import { HandshakeFault } from '../faults.js'
import { Alert, ExtensionType, Version, copyOf, noBytes } from '../wire.js'
import { vector } from './message.js'

/** Extensions by number, bodies uninterpreted. */
export type Extensions = ReadonlyMap<number, Uint8Array>

/** A ClientHello (RFC 6347 §4.2.1). Arrays are views of the message. */
export interface ClientHello {
  readonly version: number
  readonly random: Uint8Array
  readonly sessionId: Uint8Array
  readonly cookie: Uint8Array
  readonly suites: readonly number[]
  readonly compressions: Uint8Array
  readonly extensions: Extensions
}

/** A ServerHello (RFC 5246 §7.4.1.3). */
export interface ServerHello {
  readonly version: number
  readonly random: Uint8Array
  readonly sessionId: Uint8Array
  readonly suite: number
  readonly compression: number
  readonly extensions: Extensions
}

function malformed(what: string): HandshakeFault {
  return new HandshakeFault('malformed-message', what)
}

/** The end of a message: everything was read, or it is malformed. */
export function expectEnd(reader: ByteReader, what: string): void {
  if (reader.remaining > 0) throw malformed(`${what}: ${reader.remaining} bytes too many`)
}

function sessionIdOf(reader: ByteReader): Uint8Array {
  const sessionId = vector.read8(reader)
  if (sessionId.length > 32) throw malformed('a session id of more than 32 bytes')
  return sessionId
}

/** A list of 16-bit numbers with its length before it; not empty. */
function readNumbers(body: Uint8Array): number[] {
  if (body.length === 0 || body.length % 2 !== 0) throw malformed(`a list of numbers of ${body.length} bytes`)
  const numbers: number[] = []
  for (let at = 0; at < body.length; at += 2) numbers.push((body[at] << 8) | body[at + 1])
  return numbers
}

function extensionsOf(reader: ByteReader): Extensions {
  const extensions = new Map<number, Uint8Array>()
  // the block may be missing altogether (RFC 5246 §7.4.1.2)
  if (reader.remaining === 0) return extensions
  const list = new ByteReader(vector.read16(reader))
  while (list.remaining > 0) {
    const type = list.u16()
    // RFC 5246 §7.4.1.4: there must not be two of one type
    if (extensions.has(type)) throw new HandshakeFault('illegal-parameter', `extension ${type} twice`)
    extensions.set(type, vector.read16(list))
  }
  return extensions
}

/** A ClientHello up to its cookie, which a first fragment has: all that proves an address. Arrays are views of the message. */
export interface HelloHead {
  readonly random: Uint8Array
  readonly cookie: Uint8Array
  /** Version, random and session id. */
  readonly beforeCookie: Uint8Array
  /** What there is of suites, compressions and extensions. */
  readonly afterCookie: Uint8Array
}

/** Throws `HandshakeFault` or `ProtocolError` if the bytes end before the cookie does. */
export function readHelloHead(bytes: Uint8Array): HelloHead {
  const reader = new ByteReader(bytes)
  reader.u16()
  const random = reader.bytes(32)
  sessionIdOf(reader)
  const beforeCookie = bytes.subarray(0, reader.position)
  const cookie = vector.read8(reader)
  return { random, cookie, beforeCookie, afterCookie: bytes.subarray(reader.position) }
}

/** Throws `HandshakeFault` or `ProtocolError` for anything but a whole ClientHello with nothing after it. */
export function readClientHello(body: Uint8Array): ClientHello {
  const reader = new ByteReader(body)
  const version = reader.u16()
  const random = reader.bytes(32)
  const sessionId = sessionIdOf(reader)
  const cookie = vector.read8(reader)
  const suites = readNumbers(vector.read16(reader))
  const compressions = vector.read8(reader)
  // RFC 5246 §7.4.1.2: null compression must be among them
  if (!compressions.includes(0))
    throw new HandshakeFault('illegal-parameter', 'null compression is not offered')
  const extensions = extensionsOf(reader)
  expectEnd(reader, 'ClientHello')
  return { version, random, sessionId, cookie, suites, compressions, extensions }
}

/** Throws like `readClientHello`. */
export function readServerHello(body: Uint8Array): ServerHello {
  const reader = new ByteReader(body)
  const version = reader.u16()
  const random = reader.bytes(32)
  const sessionId = sessionIdOf(reader)
  const suite = reader.u16()
  const compression = reader.u8()
  const extensions = extensionsOf(reader)
  expectEnd(reader, 'ServerHello')
  return { version, random, sessionId, suite, compression, extensions }
}

function writeExtensions(out: ByteWriter, extensions: Extensions): void {
  if (extensions.size === 0) return
  const list = new ByteWriter()
  for (const [type, body] of extensions) list.u16(type).u16(body.length).bytes(body)
  out.u16(list.length).bytes(list.finish())
}

export function writeClientHello(hello: ClientHello): Uint8Array {
  const out = new ByteWriter(256).u16(hello.version).bytes(hello.random)
  out.u8(hello.sessionId.length).bytes(hello.sessionId)
  out.u8(hello.cookie.length).bytes(hello.cookie)
  out.u16(2 * hello.suites.length)
  for (const suite of hello.suites) out.u16(suite)
  out.u8(hello.compressions.length).bytes(hello.compressions)
  writeExtensions(out, hello.extensions)
  return out.finish()
}

export function writeServerHello(hello: ServerHello): Uint8Array {
  const out = new ByteWriter(128).u16(hello.version).bytes(hello.random)
  out.u8(hello.sessionId.length).bytes(hello.sessionId).u16(hello.suite).u8(hello.compression)
  writeExtensions(out, hello.extensions)
  return out.finish()
}

/** A HelloVerifyRequest says DTLS 1.0 whatever is negotiated afterwards (RFC 6347 §4.2.1). */
export function writeHelloVerifyRequest(cookie: Uint8Array): Uint8Array {
  return new ByteWriter(40).u16(Version.Dtls10).u8(cookie.length).bytes(cookie).finish()
}

/** The cookie of a HelloVerifyRequest. */
export function readHelloVerifyRequest(body: Uint8Array): Uint8Array {
  const reader = new ByteReader(body)
  const version = reader.u16()
  if (version !== Version.Dtls10 && version !== Version.Dtls12)
    throw new HandshakeFault('no-common-version', `HelloVerifyRequest of version ${version.toString(16)}`)
  const cookie = vector.read8(reader)
  expectEnd(reader, 'HelloVerifyRequest')
  return cookie
}

// --- bodies of single extensions

/** The whole of an extension that is one vector with a length of one byte. */
export function readVector8(body: Uint8Array, what: string): Uint8Array {
  const reader = new ByteReader(body)
  const content = vector.read8(reader)
  expectEnd(reader, what)
  return content
}

/** The whole of an extension that is one list of 16-bit numbers. */
export function readNumberList(body: Uint8Array, what: string): number[] {
  const reader = new ByteReader(body)
  const numbers = readNumbers(vector.read16(reader))
  expectEnd(reader, what)
  return numbers
}

export function vector8(content: Uint8Array): Uint8Array {
  return new ByteWriter(content.length + 1).u8(content.length).bytes(content).finish()
}

export function numberList(...numbers: readonly number[]): Uint8Array {
  const out = new ByteWriter(2 + 2 * numbers.length).u16(2 * numbers.length)
  for (const number of numbers) out.u16(number)
  return out.finish()
}

/** An extension that says something by being there: its body must be empty. */
export function hasFlag(extensions: Extensions, type: number): boolean {
  const body = extensions.get(type)
  if (body !== undefined && body.length > 0)
    throw malformed(`extension ${type} has ${body.length} bytes, none expected`)
  return body !== undefined
}

/** The Connection ID that the other side wants to see in our records; undefined if the extension is absent (RFC 9146 §3). */
export function connectionIdOf(extensions: Extensions): Uint8Array | undefined {
  const body = extensions.get(ExtensionType.ConnectionId)
  return body && copyOf(readVector8(body, 'connection_id'))
}

/** Renegotiation info of a first handshake is empty (RFC 5746 §3.4, §3.6); anything else would be a renegotiation. */
export function checkRenegotiationInfo(extensions: Extensions): boolean {
  const body = extensions.get(ExtensionType.RenegotiationInfo)
  if (body === undefined) return false
  if (readVector8(body, 'renegotiation_info').length > 0)
    throw new HandshakeFault(
      'illegal-parameter',
      'renegotiation_info of an initial handshake is not empty',
      Alert.HandshakeFailure,
    )
  return true
}

/** The body of renegotiation_info, or of any empty vector. */
export const emptyVector8 = vector8(noBytes)
