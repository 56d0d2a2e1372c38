export { activeWave, draftCampaign, isCampaignOver, stepCampaign } from './campaign.js'
export type {
  CampaignCause,
  CampaignEffect,
  CampaignEvent,
  CampaignStatus,
  CampaignStep,
  WaveStatus,
} from './campaign.js'
export { countTasks, reaches, tally, taskStanding } from './counts.js'
export type { Tally, WaveCounts } from './counts.js'
export { explainCampaign, explainTask, explainWave } from './explain.js'
export { errorGate, successGate } from './gates.js'
export type { Forgiven, GateInputs } from './gates.js'
export { checkRecipe, exclusionWords, preflight } from './preflight.js'
export type { ExclusionCode, PreflightFacts } from './preflight.js'
export { isCellDark, silenceDeadline } from './silence.js'
export type { ContactFacts, Neighbour } from './silence.js'
export { isTaskOver, newTask, stepTask, withOperation } from './task.js'
export type {
  Difference,
  TaskCode,
  TaskContext,
  TaskEffect,
  TaskEvent,
  TaskStatus,
  TaskStep,
} from './task.js'
export { waveSizes } from './waves.js'
