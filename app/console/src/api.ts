/** One way to the server: same origin, session cookie, problem+json turned into readable Chinese, keys for retries. */
import type { Problem } from './types'

/** Root of the service: the console may be served at the root or below it as …/console/, behind any sub-path. */
export const base: string = new URL(/\/console\/(index\.html)?$/.test(new URL(document.baseURI).pathname) ? '../' : './', document.baseURI).href

export const at = (path: string): string => new URL(path.replace(/^\//, ''), base).href

export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title)
  }
}

const OFFLINE: Problem = {
  title: '连接不上服务器',
  status: 0,
  code: 'network',
  detail: '网络中断或服务没有响应,这一步没有得到确认。',
  hint: '请检查网络后再点一次;填写的内容还在,重复点击不会重复办理。',
}

let onSignedOut: () => void = () => undefined

/** Called when the server no longer knows the session. */
export function whenSignedOut(act: () => void): void {
  onSignedOut = act
}

/** RFC 4122 v4; crypto.randomUUID is missing on old browsers and on plain http. */
export function uuid(): string {
  const b = crypto.getRandomValues(new Uint8Array(16))
  b[6] = (b[6]! & 0x0f) | 0x40
  b[8] = (b[8]! & 0x3f) | 0x80
  const hex = [...b].map((x) => x.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** Idempotency key of one user action: kept while the same content is tried again, new once the content changes or it was done. */
export class ActionKey {
  private key = uuid()
  private content = ''

  for(content: string): string {
    if (this.content && this.content !== content) this.key = uuid()
    this.content = content
    return this.key
  }

  done(): void {
    this.key = uuid()
    this.content = ''
  }
}

export interface Asked {
  method?: string
  json?: unknown
  form?: FormData
  key?: string
  version?: number
  signal?: AbortSignal
}

type Query = Record<string, string | number | boolean | null | undefined>

/** Path with the query members that have a value. */
export function withQuery(path: string, query: Query): string {
  const parts = Object.entries(query)
    .filter(([, v]) => v !== null && v !== undefined && v !== '')
    .map(([k, v]) => `${k}=${encodeURIComponent(String(v))}`)
  return parts.length ? `${path}${path.includes('?') ? '&' : '?'}${parts.join('&')}` : path
}

async function problemOf(answer: Response): Promise<Problem> {
  try {
    const found = (await answer.json()) as Partial<Problem>
    if (found && found.title) return { status: answer.status, code: 'unknown', ...found } as Problem
  } catch {
    // not JSON: a proxy's page
  }
  return { title: '服务器没有给出可读的答复', status: answer.status, code: 'unreadable', detail: `HTTP ${answer.status}`, hint: '请稍后再试。' }
}

export async function call<T>(path: string, asked: Asked = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json, application/geo+json;q=0.9' }
  if (asked.json !== undefined) headers['Content-Type'] = 'application/json'
  if (asked.key) headers['Idempotency-Key'] = asked.key
  if (asked.version !== undefined) headers['If-Match'] = `"${asked.version}"`
  let answer: Response
  try {
    answer = await fetch(/^https?:/.test(path) ? path : at(path), {
      method: asked.method ?? 'GET',
      headers,
      body: asked.form ?? (asked.json === undefined ? undefined : JSON.stringify(asked.json)),
      credentials: 'same-origin',
      signal: asked.signal,
    })
  } catch (e) {
    if ((e as Error).name === 'AbortError') throw e
    throw new ApiError(OFFLINE)
  }
  if (!answer.ok) {
    const problem = await problemOf(answer)
    if (answer.status === 401 && !path.endsWith('api/session')) onSignedOut()
    throw new ApiError(problem)
  }
  return (answer.status === 204 ? undefined : await answer.json()) as T
}

/** Links the server returns may carry the name of an inner host behind a proxy: only path and query below our root are used. */
export function follow(href: string): string {
  const url = new URL(href, base)
  const found = /\/((?:api|collections|c)\/.*)$/.exec(url.pathname)
  return at((found ? found[1]! : url.pathname.replace(/^\//, '')) + url.search)
}

export const problemFrom = (e: unknown): Problem =>
  e instanceof ApiError ? e.problem : { title: '页面出错', status: 0, code: 'console', detail: e instanceof Error ? e.message : String(e) }
