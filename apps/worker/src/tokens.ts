/** What the parts of this process are joined by. */
export const CONFIGURATION = Symbol('configuration')
export const DATABASE = Symbol('database')
export const BUS = Symbol('bus')
export const QUEUE = Symbol('queue')
export const LOGGER = Symbol('logger')
