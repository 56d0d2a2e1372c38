import { Code, ProtocolError } from '@fieldline/bytes'
import { decodeBlock } from './block.js'
import type { Block } from './block.js'
import type { CoapOption, CoapRequest, CoapResponse } from './message.js'
import { uintOf, uintValue } from './uint.js'

/** Option numbers (RFC 7252 §12.2, RFC 7641, RFC 7959, RFC 9175). */
export const OptionNumber = {
  UriHost: 3,
  ETag: 4,
  Observe: 6,
  UriPort: 7,
  LocationPath: 8,
  UriPath: 11,
  ContentFormat: 12,
  MaxAge: 14,
  UriQuery: 15,
  Accept: 17,
  Block2: 23,
  Block1: 27,
  Size2: 28,
  ProxyUri: 35,
  ProxyScheme: 39,
  Size1: 60,
  RequestTag: 292,
} as const

/** 5.05 Proxying Not Supported. */
const proxyingNotSupported = 0xa5

/** The options of a request, interpreted. Repeatable ones are lists. */
export interface RequestFields {
  uriPath: string[]
  uriQuery: string[]
  contentFormat: number | undefined
  accept: number | undefined
  observe: number | undefined
  block1: Block | undefined
  block2: Block | undefined
  size1: number | undefined
  requestTag: Uint8Array | undefined
}

/** The options of a response, interpreted. */
export interface ResponseFields {
  contentFormat: number | undefined
  locationPath: string[] | undefined
  observe: number | undefined
  etag: Uint8Array | undefined
  maxAge: number | undefined
  block1: Block | undefined
  block2: Block | undefined
  size2: number | undefined
}

const strictText = new TextDecoder('utf-8', { fatal: true })
const textEncoder = new TextEncoder()

function textOf(value: Uint8Array): string {
  let text = ''
  for (let i = 0; i < value.length; i++) {
    const byte = value[i]
    if (byte >= 0x80) return decodeText(value)
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

/** A critical option that appears twice, or whose value is too long, is treated as one not understood (RFC 7252 §5.4.3, §5.4.5). */
function criticalUint(option: CoapOption, seen: unknown, maxLength: number): number {
  if (seen !== undefined) badOption(`option ${option.number} repeated`)
  if (option.value.length > maxLength) badOption(`option ${option.number} has ${option.value.length} bytes`)
  return uintOf(option.value)
}

/** An elective option in the same state is ignored; the first stands. */
function electiveUint(option: CoapOption, seen: number | undefined, maxLength: number): number | undefined {
  return seen !== undefined || option.value.length > maxLength ? seen : uintOf(option.value)
}

function criticalText(option: CoapOption): string {
  if (option.value.length > 255) badOption(`option ${option.number} has ${option.value.length} bytes`)
  return textOf(option.value)
}

/**
 * Interprets the options of a request. Throws `ProtocolError`: 4.02 for a critical option that is not understood, 4.00 for a reserved block
 * size, 5.05 for a request to a proxy.
 */
export function readRequestOptions(options: readonly CoapOption[]): RequestFields {
  const fields: RequestFields = {
    uriPath: [],
    uriQuery: [],
    contentFormat: undefined,
    accept: undefined,
    observe: undefined,
    block1: undefined,
    block2: undefined,
    size1: undefined,
    requestTag: undefined,
  }
  for (let i = 0; i < options.length; i++) {
    const option = options[i]
    switch (option.number) {
      case OptionNumber.UriPath:
        fields.uriPath.push(criticalText(option))
        break
      case OptionNumber.UriQuery:
        fields.uriQuery.push(criticalText(option))
        break
      case OptionNumber.ContentFormat:
        fields.contentFormat = electiveUint(option, fields.contentFormat, 2)
        break
      case OptionNumber.Accept:
        fields.accept = criticalUint(option, fields.accept, 2)
        break
      case OptionNumber.Observe:
        fields.observe = electiveUint(option, fields.observe, 3)
        break
      case OptionNumber.Block1:
        fields.block1 = decodeBlock(criticalUint(option, fields.block1, 3))
        break
      case OptionNumber.Block2:
        fields.block2 = decodeBlock(criticalUint(option, fields.block2, 3))
        break
      case OptionNumber.Size1:
        fields.size1 = electiveUint(option, fields.size1, 4)
        break
      case OptionNumber.RequestTag:
        fields.requestTag ??= option.value
        break
      case OptionNumber.UriHost:
      case OptionNumber.UriPort:
        break
      case OptionNumber.ProxyUri:
      case OptionNumber.ProxyScheme:
        throw new ProtocolError(proxyingNotSupported, 'not a proxy')
      default:
        if (option.number & 1) badOption(`critical option ${option.number} is not understood`)
    }
  }
  return fields
}

/** Interprets the options of a response. Throws `ProtocolError` if it must be rejected (RFC 7252 §5.4.1). */
export function readResponseOptions(options: readonly CoapOption[]): ResponseFields {
  const fields: ResponseFields = {
    contentFormat: undefined,
    locationPath: undefined,
    observe: undefined,
    etag: undefined,
    maxAge: undefined,
    block1: undefined,
    block2: undefined,
    size2: undefined,
  }
  for (let i = 0; i < options.length; i++) {
    const option = options[i]
    switch (option.number) {
      case OptionNumber.ETag:
        if (option.value.length >= 1 && option.value.length <= 8) fields.etag ??= option.value
        break
      case OptionNumber.Observe:
        fields.observe = electiveUint(option, fields.observe, 3)
        break
      case OptionNumber.LocationPath:
        if (option.value.length <= 255) (fields.locationPath ??= []).push(textOf(option.value))
        break
      case OptionNumber.ContentFormat:
        fields.contentFormat = electiveUint(option, fields.contentFormat, 2)
        break
      case OptionNumber.MaxAge:
        fields.maxAge = electiveUint(option, fields.maxAge, 4)
        break
      case OptionNumber.Block1:
        fields.block1 = decodeBlock(criticalUint(option, fields.block1, 3))
        break
      case OptionNumber.Block2:
        fields.block2 = decodeBlock(criticalUint(option, fields.block2, 3))
        break
      case OptionNumber.Size2:
        fields.size2 = electiveUint(option, fields.size2, 4)
        break
      default:
        if (option.number & 1) badOption(`critical option ${option.number} is not understood`)
    }
  }
  return fields
}

function text(value: string): Uint8Array {
  return textEncoder.encode(value)
}

/** The options of a request, blocks and observe aside, in ascending order. */
export function requestOptions(request: CoapRequest, observe: number | undefined): CoapOption[] {
  const options: CoapOption[] = []
  if (observe !== undefined) options.push({ number: OptionNumber.Observe, value: uintValue(observe) })
  for (const segment of request.uriPath) options.push({ number: OptionNumber.UriPath, value: text(segment) })
  if (request.contentFormat !== undefined) {
    options.push({ number: OptionNumber.ContentFormat, value: uintValue(request.contentFormat) })
  }
  for (const query of request.uriQuery) options.push({ number: OptionNumber.UriQuery, value: text(query) })
  if (request.accept !== undefined) {
    options.push({ number: OptionNumber.Accept, value: uintValue(request.accept) })
  }
  return options
}

/** The options of a response, blocks aside, in ascending order. */
export function responseOptions(response: CoapResponse): CoapOption[] {
  const options: CoapOption[] = []
  if (response.etag) options.push({ number: OptionNumber.ETag, value: response.etag })
  if (response.observe !== undefined) {
    options.push({ number: OptionNumber.Observe, value: uintValue(response.observe & 0xffffff) })
  }
  if (response.locationPath) {
    for (const segment of response.locationPath) {
      options.push({ number: OptionNumber.LocationPath, value: text(segment) })
    }
  }
  if (response.contentFormat !== undefined) {
    options.push({ number: OptionNumber.ContentFormat, value: uintValue(response.contentFormat) })
  }
  if (response.maxAge !== undefined) {
    options.push({ number: OptionNumber.MaxAge, value: uintValue(response.maxAge) })
  }
  return options
}

/** A response as callers see it. */
export function responseOf(code: Code, fields: ResponseFields, payload: Uint8Array): CoapResponse {
  return {
    code,
    contentFormat: fields.contentFormat,
    locationPath: fields.locationPath,
    observe: fields.observe,
    etag: fields.etag,
    maxAge: fields.maxAge,
    payload,
  }
}
