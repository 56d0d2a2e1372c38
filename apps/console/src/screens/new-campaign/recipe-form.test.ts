import { CampaignRecipe } from '@fieldline/contracts'
import { describe, expect, it } from 'vitest'
import { initialValues, recipeOf } from './recipe-form'

describe('the form of a campaign', () => {
  it('gives a recipe the API takes', () => {
    const form = { ...initialValues('model:E3'), name: 'Interval 60 s' }
    form.write = [{ key: 'a', path: ' /1/0/2 ', value: '60' }]
    const recipe = recipeOf(
      form,
      new Map([['/1/0/2', { name: 'Period', object: 'Server', type: 'integer', writable: true }]]),
    )
    expect(CampaignRecipe.parse(recipe)).toEqual(recipe)
    expect(recipe.write).toEqual([{ path: '/1/0/2', value: 60 }])
    expect(recipe.waves[0]).toEqual({ percent: 1, soakSeconds: 86_400 })
  })

  it('sends a wrong value as typed, so that the API can say what is wrong', () => {
    const form = { ...initialValues('x'), write: [{ key: 'a', path: '/1/0/2', value: 'soon' }] }
    const target = { name: 'Period', object: 'Server', type: 'integer' as const, writable: true }
    expect(recipeOf(form, new Map([['/1/0/2', target]])).write[0]?.value).toBe('soon')
  })

  it('guesses numbers only where nothing is known of the path', () => {
    const form = { ...initialValues('x'), write: [{ key: 'a', path: '/9/0/1', value: '7' }] }
    expect(recipeOf(form, new Map()).write[0]?.value).toBe(7)
    const text = { name: 'Name', object: 'X', type: 'string' as const, writable: true }
    expect(recipeOf(form, new Map([['/9/0/1', text]])).write[0]?.value).toBe('7')
  })
})
