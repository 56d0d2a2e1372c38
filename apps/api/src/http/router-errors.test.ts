import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { Problem } from '@fieldline/contracts'
import { answerBrokenRequest } from './router-errors.js'

/** What a caller that never hangs up reads, once the server has closed the connection on its side. */
async function answerTo(code: string): Promise<{ head: string; problem: Problem }> {
  // half open, as the sockets of an HTTP server are
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const caller = connect({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    allowHalfOpen: true,
  })
  try {
    const [socket] = (await once(server, 'connection')) as [Socket]
    const closed = once(socket, 'close')
    answerBrokenRequest(Object.assign(new Error('broken'), { code }), socket)
    let answer = ''
    caller.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk))
    await once(caller, 'end')
    await closed
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    return { head, problem: Problem.parse(JSON.parse(body)) }
  } finally {
    caller.destroy()
    server.close()
  }
}

describe('a broken request', () => {
  it('is answered and hung up, though the caller stays', async () => {
    const { head, problem } = await answerTo('HPE_INVALID_METHOD')
    expect(head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(problem).toMatchObject({ code: 'invalid-request', detail: 'The request: this is not HTTP' })
  })
  it('has a status of its own for too many headers and for one that does not arrive', async () => {
    const large = await answerTo('HPE_HEADER_OVERFLOW')
    expect(large.head).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/)
    expect(large.problem).toMatchObject({ status: 431, code: 'headers-too-large' })
    const slow = await answerTo('ERR_HTTP_REQUEST_TIMEOUT')
    expect(slow.head).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
    expect(slow.problem).toMatchObject({ status: 408, code: 'request-timeout' })
  })
})
