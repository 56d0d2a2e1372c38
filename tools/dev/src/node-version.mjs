// @ts-check
// Written for the oldest Node that reads modules (12), and importing nothing: a newer word here, or an import of what only a newer Node has, and
// an old Node ends with a syntax error instead of the sentence below.

/**
 * What is wrong with a Node of this version, in one sentence; undefined where it can run the product.
 * @param {string} version
 */
export function complaintAboutNode(version) {
  const parts = version.split('.').map(Number)
  if (parts[0] > 20 || (parts[0] === 20 && parts[1] >= 19)) return undefined
  return `Fieldline needs Node 20.19 or newer; this is ${version}. Install a current Node (22 or 24) and run the command again.`
}

/**
 * Begins a command: loads the module that is the command, unless this Node is too old to read it.
 * @param {() => Promise<unknown>} load
 */
export function begin(load) {
  const complaint = complaintAboutNode(process.versions.node)
  if (complaint === undefined) return load()
  process.stderr.write(`\n${complaint}\n`)
  process.exit(1)
}
