// @ts-check
/**
 * `npm test`: style, boundaries, types, unit, PostgreSQL, Redis and whole-system tests, from a fresh clone. Arguments restrict the tests to
 * files whose path holds one of them. The last line is `N passed, N failed, N skipped`.
 */
import { installPackages } from '../install.mjs'
import { runMain, say } from '../say.mjs'
import { testSteps } from '../test-steps.mjs'

await runMain(async () => {
  await installPackages()
  const total = { passed: 0, failed: 0, skipped: 0 }
  for (const step of testSteps(process.argv.slice(2))) {
    const { passed, failed, skipped, output } = await step.run().catch((error) => ({
      passed: 0,
      failed: 1, // a step that breaks says as much as a test that fails, and the others go on
      skipped: 0,
      output: String(error?.stack ?? error),
    }))
    if (failed > 0 || output.startsWith('!!')) console.log(output)
    say(
      `${failed > 0 ? 'FAIL' : skipped > 0 && passed === 0 ? 'skip' : 'ok  '}  ${step.name}: ${passed} passed, ${failed} failed, ${skipped} skipped`,
    )
    total.passed += passed
    total.failed += failed
    total.skipped += skipped
  }
  process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
})
