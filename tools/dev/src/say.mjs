// @ts-check
const startedAt = Date.now()

/** One line of progress, with the seconds since the command began. @param {string} text */
export function say(text) {
  process.stdout.write(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${text}\n`)
}

/** Something the person at the keyboard can mend: told in one sentence, without a stack. */
export class Complaint extends Error {}

/** Runs `main`; a `Complaint` ends the process with one sentence, anything else with its stack. @param {() => Promise<void>} main */
export async function runMain(main) {
  try {
    await main()
  } catch (error) {
    process.stderr.write(
      `\n${error instanceof Complaint ? error.message : /** @type {Error} */ (error).stack}\n`,
    )
    process.exit(1)
  }
}
