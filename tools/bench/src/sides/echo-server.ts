/** A socket of node:dgram that sends back what it gets: the least a server in Node can cost. */
import { createSocket } from 'node:dgram'
import { answerQuestions } from '../side.js'

const socket = createSocket('udp4')
socket.on('message', (datagram, from) => socket.send(datagram, from.port, from.address))
socket.bind(0, '127.0.0.1', () => {
  socket.setRecvBufferSize(4 * 2 ** 20)
  answerQuestions(socket.address().port)
})
