import { ProtocolError } from '@fieldline/bytes'

/**
 * What `read` gives. What a client sent and nobody can read is told to `onMalformed`, which counts it; then the `ProtocolError` goes on and
 * becomes the answer.
 */
export function readCounting<T>(read: () => T, onMalformed: () => void): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof ProtocolError) onMalformed()
    throw error
  }
}
