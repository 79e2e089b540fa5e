/** Numbers as a county writes them: 亩 and ㎡ with two decimals, missing as —, never 0. */

const two = new Intl.NumberFormat('zh-CN', { minimumFractionDigits: 2, maximumFractionDigits: 2 })
const free = new Intl.NumberFormat('zh-CN', { maximumFractionDigits: 4 })
const whole = new Intl.NumberFormat('zh-CN', { maximumFractionDigits: 0 })

type Maybe = number | string | null | undefined

const num = (v: Maybe): number | null => (v === null || v === undefined || v === '' || Number.isNaN(Number(v)) ? null : Number(v))

export const area = (v: Maybe): string => (num(v) === null ? '—' : two.format(num(v)!))
export const mu = area
export const count = (v: Maybe): string => (num(v) === null ? '—' : whole.format(num(v)!))
export const plain = (v: Maybe): string => (num(v) === null ? '—' : free.format(num(v)!))
export const pct = (v: Maybe): string => (num(v) === null ? '—' : `${two.format(num(v)!)}%`)
export const signed = (v: Maybe): string => (num(v) === null ? '—' : `${num(v)! > 0 ? '+' : ''}${two.format(num(v)!)}`)
export const day = (v: unknown): string => (typeof v === 'string' && v ? v.slice(0, 10) : '—')
export const moment = (v: unknown): string => {
  if (typeof v !== 'string' || !v) return '—'
  const t = new Date(v)
  return Number.isNaN(t.getTime())
    ? v
    : new Intl.DateTimeFormat('zh-CN', { timeZone: 'Asia/Shanghai', dateStyle: 'short', timeStyle: 'short' }).format(t)
}

/** A fact's value for people. */
export function value(v: unknown): string {
  if (v === null || v === undefined || v === '') return '缺'
  if (v === true || v === 'true') return '是'
  if (v === false || v === 'false') return '否'
  if (Array.isArray(v)) return v.length ? v.map(value).join('、') : '无'
  if (typeof v === 'number') return plain(v)
  return String(v)
}

const OPS: Record<string, string> = { '<=': '≤', '>=': '≥', '<>': '≠', '!=': '≠', eq: '=', in: '属于', lt: '<', gt: '>', lte: '≤', gte: '≥' }
export const op = (o: string): string => OPS[o] ?? o
