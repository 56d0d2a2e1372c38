export const AUTHENTICATION = Symbol('authentication')
