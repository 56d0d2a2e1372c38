/** A server of node-coap with nothing behind it: a location for a Register, 2.04 for an Update. */
import { createSocket } from 'node:dgram'
import { createServer } from 'coap'
import { answerQuestions } from '../side.js'

const socket = createSocket('udp4')
const server = createServer({ type: 'udp4' }, (request, response) => {
  if (request.url === '/rd?' || request.url.startsWith('/rd?')) {
    const name = /ep=([^&]*)/.exec(request.url)?.[1] ?? ''
    response.code = '2.01'
    response.setOption('Location-Path', [Buffer.from('rd'), Buffer.from(name.slice(-12))])
  } else response.code = '2.04'
  response.end()
})
socket.bind(0, '127.0.0.1', () => {
  socket.setRecvBufferSize(4 * 2 ** 20)
  server.listen(socket, () => answerQuestions(socket.address().port))
})
