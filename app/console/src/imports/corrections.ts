/** Calls of /api/imports/corrections. */
import { ActionKey, call, withQuery } from '../api'

export interface Correction {
  id: number
  version: number
  land_code: string
  field: string
  field_label: string
  old_shown: string
  new_shown: string
  current_shown: string
  reason: string
  document: string | null
  import_id: number | null
  proposed_by: string
  proposed_at: string
  decided_by: string | null
  decided_at: string | null
  state: string
  state_label: string
}

/** A value of a parcel that can be corrected; `choices`: stored value → word, empty where anything may stand. */
export interface Field {
  field: string
  label: string
  value: string | null
  shown: string
  choices: Record<string, string>
}

export const STATES: Record<string, string> = { proposed: '待审核', applied: '已改正', stale: '已失效', rejected: '未通过' }
const PATH = '/api/imports/corrections'
const key = new ActionKey()

export const listed = (state: string, before?: number) => call<{ items: Correction[]; more: boolean }>(withQuery(PATH, { state, before, limit: 50 }))
export const fieldsOf = async (landCode: string) => (await call<{ fields: Field[] }>(withQuery(`${PATH}/fields`, { land_code: landCode }))).fields

export async function propose(json: Record<string, unknown>): Promise<Correction> {
  const made = await call<Correction>(PATH, { method: 'POST', json, key: key.for(JSON.stringify(json)) })
  key.done()
  return made
}

export async function decide(one: Correction, decision: 'approve' | 'reject'): Promise<Correction> {
  const json = { decision }
  const said = await call<Correction>(`${PATH}/${one.id}/decision`, { method: 'POST', json, version: one.version, key: key.for(`${one.id}/${one.version}/${decision}`) })
  key.done()
  return said
}
