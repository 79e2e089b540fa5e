/** What of the differences is left out, by class or by row, and what applying will then do, in words. */
import { reactive } from 'vue'
import type { DiffRow, ImportJob } from './types'
import { classLabel, howMany, unitOf, words } from './words'

export interface Choice {
  classes: Set<string>
  /** row_id → its class. */
  rows: Map<string, string>
}

/** To begin with: nothing is left out, or what the manifest left out that is replayed (of its rows the class is not known here). */
export function begun(job: ImportJob | null): Choice {
  const said = (job?.options?.accepted ?? {}) as { except_classes?: string[]; except_rows?: string[] }
  return reactive({ classes: new Set(said.except_classes ?? []), rows: new Map((said.except_rows ?? []).map((id) => [id, ''])) })
}

export const takes = (choice: Choice, row: DiffRow): boolean => !choice.classes.has(row.class) && !choice.rows.has(row.row_id)

export function leaveOut(choice: Choice, row: DiffRow, out: boolean): void {
  if (out) choice.rows.set(row.row_id, row.class)
  else choice.rows.delete(row.row_id)
}

/** Body of POST …/apply: rows of a class left out whole need no naming. */
export function bodyOf(choice: Choice): { except_classes: string[]; except_rows: string[] } {
  return { except_classes: [...choice.classes], except_rows: [...choice.rows].filter(([, c]) => !choice.classes.has(c)).map(([id]) => id) }
}

/** Whether the kind is compared row by row: only then applying speaks of classes. */
export const isCompared = (job: ImportJob): boolean => Object.keys(job.counts).some((key) => key in (words.value?.classes ?? {}))

export interface Told {
  done: string[]
  left: string[]
  untouched: string | null
}

/** Per class what is applied and what is left out. `counts`: class → number, as compared. */
export function told(job: ImportJob, counts: Record<string, number>, choice: Choice): Told {
  const unit = unitOf(job.kind)
  const say = (key: string, n: number) => `${classLabel(key)} ${howMany(n)} ${unit}`
  const done: string[] = []
  const left: string[] = []
  if (!isCompared(job)) return { done: [`写入 ${howMany(job.counts.applied)} ${unit}`], left, untouched: null }
  for (const [key, n] of Object.entries(counts)) {
    if (key === 'same' || !n) continue
    const out = choice.classes.has(key) ? n : [...choice.rows.values()].filter((c) => c === key).length
    if (n - out > 0) done.push(say(key, n - out))
    if (out > 0) left.push(say(key, out))
  }
  const named = [...choice.rows.values()].filter((c) => c === '').length
  if (named) left.push(`导入清单里不要的 ${howMany(named)} ${unit}`)
  return { done, left, untouched: counts.same ? say('same', counts.same) : null }
}
