// @ts-check
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the checkout. */
export const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))

/** A file of the checkout. @param {...string} parts */
export const inRoot = (...parts) => join(root, ...parts)

/** Variables that keep every tool of the stack from looking outside this machine. */
export const quietEnvironment = {
  NX_DAEMON: 'false',
  // plugin workers lead process groups of their own and would outlive a start that is stopped
  NX_ISOLATE_PLUGINS: 'false',
  NX_NO_CLOUD: 'true',
  NX_TUI: 'false',
  NEXT_TELEMETRY_DISABLED: '1',
  CHECKPOINT_DISABLE: '1',
  PRISMA_HIDE_UPDATE_MESSAGE: '1',
}
