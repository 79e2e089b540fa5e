/** Answers to an import's questions as decisions of POST …/decisions. */
import type { ImportFile, ImportJob, Question } from './types'

export const OTHER = 'other'

export interface Answers {
  /** Question number → JSON of the chosen value, or OTHER. */
  chosen: Record<number, string>
  typed: Record<number, string>
  /** Register column → column of the file. */
  columns: Record<string, string>
}

/** Whether an answer that is not among the choices makes sense. */
export const mayOther = (q: Question): boolean => ['crs', 'encoding'].includes(q.field)

/** The decisions; or the field of the first question that is not answered. */
export function answersOf(questions: Question[], given: Answers): Record<string, unknown> | string {
  const decisions: Record<string, unknown> = {}
  for (const [i, q] of questions.entries()) {
    if (q.missing?.length) {
      if (q.missing.some((m) => !given.columns[String(m.value)])) return q.field
      decisions.mapping = Object.fromEntries(q.missing.map((m) => [String(m.value), { header: given.columns[String(m.value)] }]))
      continue
    }
    const chosen = given.chosen[i]
    const value: unknown = chosen === OTHER ? given.typed[i]?.trim() : chosen === undefined ? undefined : JSON.parse(chosen)
    if (value === undefined || value === '') return q.field
    if (q.field === 'unit') decisions.units = { ...(decisions.units as object), [String(q.column)]: value }
    else decisions[q.field] = value
  }
  return decisions
}

/** Decisions on top of those taken before: what is said of single columns adds up; of one of several files it is said of that file alone. */
export function added(job: ImportJob, decisions: Record<string, unknown>, file?: ImportFile): Record<string, unknown> {
  const found = { ...decisions }
  if (found.mapping && file?.headers_hash && job.files.length > 1) {
    const before = (job.options?.mappings ?? {}) as Record<string, object>
    found.mappings = { ...before, [file.headers_hash]: { ...before[file.headers_hash], ...(found.mapping as object) } }
    delete found.mapping
  }
  for (const name of ['mapping', 'units']) if (found[name]) found[name] = { ...(job.options?.[name] as object | undefined), ...(found[name] as object) }
  return found
}
