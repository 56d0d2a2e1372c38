// @ts-check
/** `npm run lint`: style, boundaries, types and the house's own checks. */
import { installPackages } from '../install.mjs'
import { lintSteps } from '../lint-steps.mjs'
import { Complaint, runMain, say } from '../say.mjs'

await runMain(async () => {
  await installPackages()
  let failed = 0
  for (const step of lintSteps()) {
    const { passed, output } = await step.run()
    if (!passed) {
      failed++
      console.log(output)
    }
    say(`${passed ? 'ok  ' : 'FAIL'}  ${step.name}`)
  }
  if (failed > 0) throw new Complaint(`${failed} of the checks failed.`)
})
