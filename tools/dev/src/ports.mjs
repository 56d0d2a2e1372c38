// @ts-check
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { Complaint } from './say.mjs'

/**
 * The port itself if it is free, or any free one for 0. Fails with one sentence when it is taken or not allowed.
 * @param {'tcp' | 'udp'} kind
 * @param {number} port
 * @param {string} host
 * @param {string} variable the environment variable that sets it
 * @returns {Promise<number>}
 */
export async function claimPort(kind, port, host, variable) {
  try {
    return await (kind === 'tcp' ? probeTcp(port, host) : probeUdp(port, host))
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error)
    if (code === 'EADDRINUSE')
      throw new Complaint(
        `${kind.toUpperCase()} port ${port} on ${host} is in use by another program; stop it, or set ${variable} to another port (0 takes any free one).`,
      )
    if (code === 'EADDRNOTAVAIL')
      throw new Complaint(`${host} is not an address of this machine; give --host one that is.`)
    throw new Complaint(
      `Port ${port} on ${host} cannot be opened (${message}); set ${variable} to another port.`,
    )
  }
}

/** @param {number} port @param {string} host @returns {Promise<number>} */
function probeTcp(port, host) {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, host, () => {
      const taken = /** @type {import('node:net').AddressInfo} */ (server.address()).port
      server.close(() => resolve(taken))
    })
  })
}

/** @param {number} port @param {string} host @returns {Promise<number>} */
function probeUdp(port, host) {
  return new Promise((resolve, reject) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    socket.once('error', reject)
    socket.bind(port, host, () => {
      const taken = socket.address().port
      socket.close(() => resolve(taken))
    })
  })
}
