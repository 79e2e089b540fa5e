/** Labels of imports as the server says them, asked for once. */
import { ref } from 'vue'
import { call } from '../api'
import { count, plain } from '../format'
import { bodyName } from '../meta'
import type { Finding, ImportJob, ImportWords, IssueCount, Severity } from './types'

export const words = ref<ImportWords | null>(null)
let asked: Promise<ImportWords> | null = null

export function loadWords(): Promise<ImportWords> {
  asked ??= call<ImportWords>('/api/imports/words')
    .then((found) => (words.value = found))
    .catch((e: unknown) => {
      asked = null
      throw e
    })
  return asked
}

export const kindOf = (kind: string) => words.value?.kinds.find((k) => k.kind === kind)
export const classLabel = (key: string): string => words.value?.classes[key] ?? key
export const severityLabel = (key: Severity): string => words.value?.severities[key] ?? key
export const stepLabel = (job: ImportJob): string => job.step_label ?? words.value?.steps[job.step ?? ''] ?? job.step ?? ''
export const sideLabel = (key: string | null | undefined): string => (key ? (words.value?.sides?.[key] ?? key) : '')

/** A value of the register in a county's words. */
export function said(kind: string, field: string, value: unknown): string {
  const column = kindOf(kind)?.columns.find((c) => c.name === field)
  if (field === 'responsible_body' && value) return bodyName(String(value))
  return column?.values?.[String(value)] ?? known(value)
}

/** What the rows of a kind are counted in. */
export const unitOf = (kind: string): string => (kind === 'parcels' ? '宗' : '行')

/** A stored or delivered value; what is missing is unknown. */
export function known(value: unknown): string {
  if (value === null || value === undefined || value === '') return '未知'
  if (typeof value === 'number') return plain(value)
  if (typeof value === 'boolean') return value ? '是' : '否'
  return Array.isArray(value) ? value.map(known).join('、') : String(value)
}

export const howMany = (value: number | null | undefined): string => (value === null || value === undefined ? '未知' : count(value))

/** Issues by severity, the worst first, of what was counted; null while nothing was checked. */
export function bySeverity(counts: IssueCount[] | null | undefined): [Severity, number][] {
  const sums = new Map<Severity, number>()
  for (const one of counts ?? []) sums.set(one.severity, (sums.get(one.severity) ?? 0) + one.count)
  return (['error', 'warning', 'notice'] as const).filter((s) => sums.has(s)).map((s) => [s, sums.get(s)!])
}

/** How sure, in words and as a percentage. */
export function sureness(finding: Finding): string {
  const c = finding.confidence
  if (c === null || c === undefined) return ''
  return `${c >= 0.95 ? '确定' : c >= 0.7 ? '较有把握' : '把握不大'} ${Math.round(c * 100)}%`
}
