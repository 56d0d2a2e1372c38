import { Code, ProtocolError } from '@fieldline/bytes'
import { decodeBlock } from './block.js'
import type { Block } from './block.js'
import { noBytes } from './message.js'
import type { CoapResponse, MessageType } from './message.js'
import type { MessageView } from './message-view.js'
import { OptionNumber } from './options.js'

/** The options of a request, interpreted. Repeatable ones are lists. */
export interface RequestFields {
  uriPath: readonly string[]
  uriQuery: readonly string[]
  contentFormat: number | undefined
  accept: number | undefined
  observe: number | undefined
  block1: Block | undefined
  block2: Block | undefined
  size1: number | undefined
  etags: readonly Uint8Array[] | undefined
  ifMatch: readonly Uint8Array[] | undefined
  ifNoneMatch: boolean
  noResponse: number | undefined
  echo: Uint8Array | undefined
  /** All Request-Tags, each with its length; empty if there is none. Two bodies are one only if these are equal (RFC 9175 §3.3). */
  requestTag: string
}

/** A response as one message carries it, interpreted. */
export interface ResponseFields {
  type: MessageType
  code: Code
  messageId: number
  contentFormat: number | undefined
  locationPath: string[] | undefined
  locationQuery: string[] | undefined
  observe: number | undefined
  etag: Uint8Array | undefined
  maxAge: number | undefined
  block1: Block | undefined
  block2: Block | undefined
  size1: number | undefined
  size2: number | undefined
  echo: Uint8Array | undefined
  payload: Uint8Array
}

const strictText = new TextDecoder('utf-8', { fatal: true })

function textOf(view: MessageView, i: number): string {
  const { bytes } = view
  const end = view.ends[i]
  let at = view.starts[i]
  let text = ''
  // four at a time: each string on the way to the whole is garbage
  for (; at + 4 <= end; at += 4) {
    const [a, b, c, d] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]
    if ((a | b | c | d) >= 0x80) return decodeText(view.value(i))
    text += String.fromCharCode(a, b, c, d)
  }
  for (; at < end; at++) {
    const byte = bytes[at]
    if (byte >= 0x80) return decodeText(view.value(i))
    text += String.fromCharCode(byte)
  }
  return text
}

function decodeText(value: Uint8Array): string {
  try {
    return strictText.decode(value)
  } catch {
    throw new ProtocolError(Code.BadOption, 'an option is not UTF-8')
  }
}

function badOption(what: string): never {
  throw new ProtocolError(Code.BadOption, what)
}

/**
 * A critical option that appears twice, or whose length is not allowed, is treated as one not understood (RFC 7252 §5.4.3, §5.4.5).
 */
function checkCritical(
  view: MessageView,
  i: number,
  seen: boolean,
  minLength: number,
  maxLength: number,
): void {
  const length = view.length(i)
  if (seen) badOption(`option ${view.numbers[i]} repeated`)
  if (length < minLength || length > maxLength) badOption(`option ${view.numbers[i]} has ${length} bytes`)
}

function criticalUint(view: MessageView, i: number, seen: unknown, maxLength: number): number {
  checkCritical(view, i, seen !== undefined, 0, maxLength)
  return view.uint(i)
}

/** An elective option in the same state is ignored; the first stands. */
function electiveUint(
  view: MessageView,
  i: number,
  seen: number | undefined,
  maxLength: number,
): number | undefined {
  return seen !== undefined || view.length(i) > maxLength ? seen : view.uint(i)
}

function criticalText(view: MessageView, i: number): string {
  checkCritical(view, i, false, 0, 255)
  return textOf(view, i)
}

/** Adds to a list that is made with its first element: most requests have none. */
function with1<T>(list: readonly T[] | undefined, value: T): readonly T[] {
  if (!list || list.length === 0) return [value]
  ;(list as T[]).push(value)
  return list
}

/**
 * Interprets the options of a request into `fields`, which holds the defaults. Throws `ProtocolError`: 4.02 for a critical option that is not
 * understood, 4.00 for a reserved block size, 5.05 for a request to a proxy.
 * @param conditional whether If-Match and If-None-Match are understood: who does not evaluate them must not pass over them (RFC 7252 §5.10.8)
 */
export function readRequestOptions(view: MessageView, fields: RequestFields, conditional: boolean): void {
  let host = false
  let port = false
  for (let i = 0; i < view.optionCount; i++) {
    const number = view.numbers[i]
    switch (number) {
      case OptionNumber.UriPath:
        fields.uriPath = with1(fields.uriPath, criticalText(view, i))
        break
      case OptionNumber.UriQuery:
        fields.uriQuery = with1(fields.uriQuery, criticalText(view, i))
        break
      case OptionNumber.ContentFormat:
        fields.contentFormat = electiveUint(view, i, fields.contentFormat, 2)
        break
      case OptionNumber.Accept:
        fields.accept = criticalUint(view, i, fields.accept, 2)
        break
      case OptionNumber.Observe:
        fields.observe = electiveUint(view, i, fields.observe, 3)
        break
      case OptionNumber.Block1:
        fields.block1 = decodeBlock(criticalUint(view, i, fields.block1, 3), view.allowsBert)
        break
      case OptionNumber.Block2:
        fields.block2 = decodeBlock(criticalUint(view, i, fields.block2, 3), view.allowsBert)
        break
      case OptionNumber.Size1:
        fields.size1 = electiveUint(view, i, fields.size1, 4)
        break
      case OptionNumber.ETag:
        if (view.length(i) >= 1 && view.length(i) <= 8) fields.etags = with1(fields.etags, view.value(i))
        break
      case OptionNumber.IfMatch:
        if (!conditional) badOption('If-Match is not supported here')
        checkCritical(view, i, false, 0, 8)
        fields.ifMatch = with1(fields.ifMatch, view.value(i))
        break
      case OptionNumber.IfNoneMatch:
        if (!conditional) badOption('If-None-Match is not supported here')
        checkCritical(view, i, fields.ifNoneMatch, 0, 0)
        fields.ifNoneMatch = true
        break
      case OptionNumber.Echo:
        if (view.length(i) >= 1 && view.length(i) <= 40) fields.echo ??= view.value(i)
        break
      case OptionNumber.NoResponse:
        fields.noResponse = electiveUint(view, i, fields.noResponse, 1)
        break
      case OptionNumber.RequestTag:
        if (view.length(i) <= 8) fields.requestTag += `#${String(view.value(i))}`
        break
      // There is one host and one port here: whatever name the client used for it, it means us (RFC 7252 §5.10.1).
      case OptionNumber.UriHost:
        checkCritical(view, i, host, 1, 255)
        host = true
        break
      case OptionNumber.UriPort:
        checkCritical(view, i, port, 0, 2)
        port = true
        break
      case OptionNumber.ProxyUri:
      case OptionNumber.ProxyScheme:
        throw new ProtocolError(Code.ProxyingNotSupported, 'not a proxy')
      default:
        if (number & 1) badOption(`critical option ${number} is not understood`)
    }
  }
}

/** Interprets a response. Throws `ProtocolError` if it must be rejected (RFC 7252 §5.4.1). */
export function readResponse(view: MessageView): ResponseFields {
  const fields: ResponseFields = {
    type: view.type,
    code: view.code,
    messageId: view.messageId,
    contentFormat: undefined,
    locationPath: undefined,
    locationQuery: undefined,
    observe: undefined,
    etag: undefined,
    maxAge: undefined,
    block1: undefined,
    block2: undefined,
    size1: undefined,
    size2: undefined,
    echo: undefined,
    payload: view.end > view.payloadStart ? view.slice(view.payloadStart, view.end) : noBytes,
  }
  for (let i = 0; i < view.optionCount; i++) {
    const number = view.numbers[i]
    const length = view.length(i)
    switch (number) {
      case OptionNumber.ETag:
        if (length >= 1 && length <= 8) fields.etag ??= view.value(i)
        break
      case OptionNumber.Observe:
        fields.observe = electiveUint(view, i, fields.observe, 3)
        break
      case OptionNumber.LocationPath:
        if (length <= 255) (fields.locationPath ??= []).push(textOf(view, i))
        break
      case OptionNumber.LocationQuery:
        if (length <= 255) (fields.locationQuery ??= []).push(textOf(view, i))
        break
      case OptionNumber.ContentFormat:
        fields.contentFormat = electiveUint(view, i, fields.contentFormat, 2)
        break
      case OptionNumber.MaxAge:
        fields.maxAge = electiveUint(view, i, fields.maxAge, 4)
        break
      case OptionNumber.Block1:
        fields.block1 = decodeBlock(criticalUint(view, i, fields.block1, 3), view.allowsBert)
        break
      case OptionNumber.Block2:
        fields.block2 = decodeBlock(criticalUint(view, i, fields.block2, 3), view.allowsBert)
        break
      case OptionNumber.Size1:
        fields.size1 = electiveUint(view, i, fields.size1, 4)
        break
      case OptionNumber.Size2:
        fields.size2 = electiveUint(view, i, fields.size2, 4)
        break
      case OptionNumber.Echo:
        if (length >= 1 && length <= 40) fields.echo ??= view.value(i)
        break
      default:
        if (number & 1) badOption(`critical option ${number} is not understood`)
    }
  }
  return fields
}

/** A response as callers see it. */
export function responseOf(fields: ResponseFields): CoapResponse {
  return {
    code: fields.code,
    contentFormat: fields.contentFormat,
    locationPath: fields.locationPath,
    locationQuery: fields.locationQuery,
    observe: fields.observe,
    etag: fields.etag,
    maxAge: fields.maxAge,
    payload: fields.payload,
  }
}
