// @ts-check
// Written for the oldest Node that reads modules (12), and importing nothing: a newer word here, or an import of what only a newer Node has, and
// an old Node ends with a syntax error instead of the sentence below.

/**
 * What is wrong with a Node of this version, in one sentence; undefined where it can run the product.
 * @param {string} version
 */
export function complaintAboutNode(version) {
  const parts = version.split('.').map(Number)
  const major = parts[0]
  const minor = parts[1]
  // a CommonJS module can require an ES module from these versions on, and Prisma's command does
  if (major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19)) return undefined
  return `Fieldline needs Node 20.19, 22.12 or newer; this is ${version}. Install a current Node (22 or 24) and run the command again.`
}

const unfinished = 13

/**
 * Begins a command: loads the module that is the command, unless this Node is too old to read it.
 * @param {() => Promise<unknown>} load
 */
export function begin(load) {
  const complaint = complaintAboutNode(process.versions.node)
  if (complaint === undefined) {
    // as Node itself says of a module whose await never ends: who hangs must not pass for done
    process.exitCode = unfinished
    load().then(() => {
      if (process.exitCode === unfinished) process.exitCode = 0
    })
    return
  }
  process.stderr.write(`\n${complaint}\n`)
  process.exit(1)
}
