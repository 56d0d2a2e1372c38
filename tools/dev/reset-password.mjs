// @ts-check
import { begin } from './src/node-version.mjs'

begin(() => import('./src/commands/reset-password.mjs'))
