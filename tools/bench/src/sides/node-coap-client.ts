/** An Agent of node-coap as a client: GETs, or with `--push` bodies of 256 KiB by Block1. */
import { createSocket } from 'node:dgram'
import process from 'node:process'
import { Agent } from 'coap'
import type { IncomingMessage } from 'coap'
import { overDevices } from '../client-work.js'
import { deviceAddress, deviceAnswer, imageOfBlocks } from '../device-addresses.js'
import { answerQuestions } from '../side.js'

const push = process.argv.includes('--push')
const image = Buffer.from(imageOfBlocks())
/** Block 0 of 1024 bytes: makes it send the body in blocks. */
const firstBlock = Buffer.from([6])

const socket = createSocket('udp4')
await new Promise<void>((resolve) => void socket.bind(0, '127.0.0.1', resolve))
socket.setRecvBufferSize(4 * 2 ** 20)
const hostnames: string[] = []
const agent = new Agent({ type: 'udp4', socket })

function request(hostname: string, port: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const message = agent.request({
      hostname,
      port,
      method: push ? 'PUT' : 'GET',
      pathname: push ? '/5/0/0' : '/3/0/9',
    })
    message.on('response', resolve)
    message.on('error', reject)
    message.on('timeout', reject)
    if (push) message.setOption('Block1', firstBlock)
    message.end(push ? image : undefined)
  })
}

answerQuestions(socket.address().port, (work) =>
  overDevices(work, async (device) => {
    const hostname = (hostnames[device] ??= deviceAddress(device))
    const { code, payload } = await request(hostname, work.port)
    return push ? code === '2.04' : code === '2.05' && payload.toString() === deviceAnswer(device)
  }),
)
