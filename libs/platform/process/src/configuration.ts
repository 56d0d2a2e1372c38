/** What a setting may be wrong about, told in one sentence to whoever starts the process. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
}

type Environment = Readonly<Record<string, string | undefined>>

/** Reads typed settings from the environment; empty counts as absent. Every method throws `ConfigurationError`. */
export function readEnvironment(environment: Environment = process.env) {
  const optional = (name: string): string | undefined => environment[name] || undefined
  const text = (name: string, fallback?: string): string => {
    const value = optional(name) ?? fallback
    if (value === undefined) throw new ConfigurationError(`${name} is not set; give it in the environment.`)
    return value
  }
  const wholeNumber = (name: string, fallback: number, least = 0, most = Number.MAX_SAFE_INTEGER): number => {
    const given = optional(name)
    if (given === undefined) return fallback
    const value = Number(given)
    if (!/^\d+$/.test(given) || value < least || value > most) {
      throw new ConfigurationError(`${name} is a whole number from ${least} to ${most}, not "${given}".`)
    }
    return value
  }
  const oneOf = <T extends string>(name: string, choices: readonly T[], fallback: T): T => {
    const given = optional(name) ?? fallback
    const found = choices.find((choice) => choice === given)
    if (!found) throw new ConfigurationError(`${name} is ${choices.join(' or ')}, not "${given}".`)
    return found
  }
  return {
    optional,
    text,
    wholeNumber,
    oneOf,
    port: (name: string, fallback: number) => wholeNumber(name, fallback, 0, 65_535),
  }
}
