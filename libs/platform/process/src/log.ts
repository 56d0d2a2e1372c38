import pino from 'pino'

export type Logger = pino.Logger

/** JSON lines on standard output; what may hold a secret never gets there. `LOG_LEVEL` sets the threshold. */
export function createLogger(name: string): Logger {
  return pino({
    name,
    level: process.env.LOG_LEVEL ?? 'info',
    base: undefined,
    redact: {
      paths: [
        'password',
        'apiKey',
        'authorization',
        'cookie',
        'secret',
        'psk',
        '*.password',
        '*.apiKey',
        '*.authorization',
        '*.cookie',
        '*.secret',
        '*.psk',
        'req.headers',
      ],
      censor: '[redacted]',
    },
  })
}
