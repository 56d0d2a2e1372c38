/** An Agent of node-coap that observes five resources of each device, and keeps the streams that bring the notifications. */
import { createSocket } from 'node:dgram'
import { Agent } from 'coap'
import { deviceAddress } from '../device-addresses.js'
import { overDevices } from '../client-work.js'
import { answerQuestions } from '../side.js'

const paths = ['/3/0/9', '/3/0/13', '/4/0/2', '/5/0/3', '/3424/0/1']
const socket = createSocket('udp4')
await new Promise<void>((resolve) => void socket.bind(0, '127.0.0.1', resolve))
socket.setRecvBufferSize(4 * 2 ** 20)
const agent = new Agent({ type: 'udp4', socket })
const streams: unknown[] = []

function observe(hostname: string, port: number, pathname: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const request = agent.request({ hostname, port, pathname, observe: true })
    request.on('response', (response) => {
      streams.push(response)
      resolve(response.code === '2.05')
    })
    request.on('error', reject)
    request.on('timeout', reject)
    request.end()
  })
}

answerQuestions(socket.address().port, (work) =>
  overDevices(work, async (device) => {
    const observed = await Promise.all(
      paths.map((pathname) => observe(deviceAddress(device), work.port, pathname)),
    )
    return observed.every(Boolean)
  }),
)
