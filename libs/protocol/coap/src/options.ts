import { blockValue } from './block.js'
import type { Block } from './block.js'
import type { CoapRequest, CoapResponse } from './message.js'
import type { MessageWriter } from './message-writer.js'

/** Option numbers (RFC 7252 §12.2, RFC 7641, RFC 7959, RFC 7967, RFC 9175). An odd number is critical (RFC 7252 §5.4.6). */
export const OptionNumber = {
  IfMatch: 1,
  UriHost: 3,
  ETag: 4,
  IfNoneMatch: 5,
  Observe: 6,
  UriPort: 7,
  LocationPath: 8,
  UriPath: 11,
  ContentFormat: 12,
  MaxAge: 14,
  UriQuery: 15,
  Accept: 17,
  LocationQuery: 20,
  Block2: 23,
  Block1: 27,
  Size2: 28,
  ProxyUri: 35,
  ProxyScheme: 39,
  Size1: 60,
  Echo: 252,
  NoResponse: 258,
  RequestTag: 292,
} as const

/** What one message of a request carries beside the request itself. */
export interface RequestExtras {
  /** 0 registers an observation, 1 cancels it; not on later blocks (RFC 7959 §2.6). */
  readonly observe?: number
  readonly block1?: Block
  readonly block2?: Block
  /** Bytes of the whole body, on its first block (RFC 7959 §4). */
  readonly size1?: number
  /** What the server gave to have it back (RFC 9175 §2.2). */
  readonly echo?: Uint8Array
  /** Keeps the blocks of two bodies apart; written in as few bytes as it needs (RFC 9175 §3.2). */
  readonly requestTag?: number
}

/** What one message of a response carries beside the response itself. */
export interface ResponseExtras {
  /** In place of the response's own. */
  readonly etag?: Uint8Array
  readonly block1?: Block
  readonly block2?: Block
  /** The most bytes of a body that are taken, with 4.13 (RFC 7959 §4). */
  readonly size1?: number
  /** Bytes of the whole body, on its first block (RFC 7959 §4). */
  readonly size2?: number
  readonly echo?: Uint8Array
}

const noBytes = new Uint8Array(0)

function writeBlock(writer: MessageWriter, number: number, block: Block | undefined): void {
  if (block) writer.uint(number, blockValue(block.num, block.more, block.szx))
}

function writeAll(writer: MessageWriter, number: number, values: readonly Uint8Array[] | undefined): void {
  if (values) for (let i = 0; i < values.length; i++) writer.opaque(number, values[i])
}

function writeTexts(writer: MessageWriter, number: number, values: readonly string[] | undefined): void {
  if (values) for (let i = 0; i < values.length; i++) writer.text(number, values[i])
}

function writeUint(writer: MessageWriter, number: number, value: number | undefined): void {
  if (value !== undefined) writer.uint(number, value)
}

/** Writes the options of one message of a request, in ascending order. */
export function writeRequestOptions(
  writer: MessageWriter,
  request: CoapRequest,
  extras: RequestExtras,
): void {
  writeAll(writer, OptionNumber.IfMatch, request.ifMatch)
  writeAll(writer, OptionNumber.ETag, request.etags)
  if (request.ifNoneMatch) writer.opaque(OptionNumber.IfNoneMatch, noBytes)
  writeUint(writer, OptionNumber.Observe, extras.observe)
  writeTexts(writer, OptionNumber.UriPath, request.uriPath)
  writeUint(writer, OptionNumber.ContentFormat, request.contentFormat)
  writeTexts(writer, OptionNumber.UriQuery, request.uriQuery)
  writeUint(writer, OptionNumber.Accept, request.accept)
  writeBlock(writer, OptionNumber.Block2, extras.block2)
  writeBlock(writer, OptionNumber.Block1, extras.block1)
  writeUint(writer, OptionNumber.Size1, extras.size1)
  if (extras.echo) writer.opaque(OptionNumber.Echo, extras.echo)
  writeUint(writer, OptionNumber.NoResponse, request.noResponse)
  writeUint(writer, OptionNumber.RequestTag, extras.requestTag)
}

/** Writes the options of one message of a response, in ascending order. */
export function writeResponseOptions(
  writer: MessageWriter,
  response: CoapResponse,
  extras: ResponseExtras,
): void {
  const etag = extras.etag ?? response.etag
  if (etag) writer.opaque(OptionNumber.ETag, etag)
  if (response.observe !== undefined) writer.uint(OptionNumber.Observe, response.observe & 0xffffff)
  writeTexts(writer, OptionNumber.LocationPath, response.locationPath)
  writeUint(writer, OptionNumber.ContentFormat, response.contentFormat)
  writeUint(writer, OptionNumber.MaxAge, response.maxAge)
  writeTexts(writer, OptionNumber.LocationQuery, response.locationQuery)
  writeBlock(writer, OptionNumber.Block2, extras.block2)
  writeBlock(writer, OptionNumber.Block1, extras.block1)
  writeUint(writer, OptionNumber.Size2, extras.size2)
  writeUint(writer, OptionNumber.Size1, extras.size1)
  if (extras.echo) writer.opaque(OptionNumber.Echo, extras.echo)
}
