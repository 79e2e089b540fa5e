/** Calls of /api/imports: an upload that tells how far it is, steps that carry the version, a job that is watched. */
import { ActionKey, ApiError, at, call, problemFrom } from '../api'
import type { Problem } from '../types'
import type { ImportJob } from './types'

const RESTING = ['asking', 'refused', 'staged', 'applied', 'undone', 'cancelled', 'failed']
export const rests = (job: ImportJob): boolean => RESTING.includes(job.state)

export interface Upload {
  answer: Promise<ImportJob>
  stop: () => void
}

/** Send a delivery. XMLHttpRequest, because fetch does not tell how much was sent. */
export function upload(form: FormData, key: string, tell: (share: number) => void): Upload {
  const request = new XMLHttpRequest()
  const answer = new Promise<ImportJob>((resolve, reject) => {
    request.open('POST', at('/api/imports'))
    request.setRequestHeader('Accept', 'application/json')
    request.setRequestHeader('Idempotency-Key', key)
    request.upload.onprogress = (e) => e.lengthComputable && tell(e.loaded / e.total)
    request.onerror = () => reject(new ApiError(lost))
    request.onabort = () => reject(new ApiError({ title: '已停止上传', status: 0, code: 'stopped', hint: '文件没有交到系统里。' }))
    request.onload = () => {
      const said = readable(request.responseText)
      if (request.status >= 200 && request.status < 300 && said) resolve(said as ImportJob)
      else reject(new ApiError({ title: '上传没有成功', status: request.status, code: 'unreadable', detail: `HTTP ${request.status}`, ...(said as Problem | null) }))
    }
    request.send(form)
  })
  return { answer, stop: () => request.abort() }
}

const lost: Problem = { title: '连接不上服务器', status: 0, code: 'network', detail: '上传没有得到确认。', hint: '请检查网络后再点一次;同一批文件不会重复导入。' }

function readable(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const keys = new Map<string, ActionKey>()

/** One step of a job (decisions, apply, cancel, undo) on the version the person saw. */
export async function step(job: ImportJob, name: string, json: Record<string, unknown>): Promise<ImportJob> {
  const key = keys.get(`${job.id}/${name}`) ?? new ActionKey()
  keys.set(`${job.id}/${name}`, key)
  const path = `/api/imports/${job.id}/${name}`
  const said = await call<ImportJob>(path, { method: 'POST', json, version: job.version, key: key.for(JSON.stringify([job.version, json])) })
  key.done()
  return said
}

/** Tell every change of a job until it rests: server-sent events, polling where they do not come through (a proxy that holds them back). */
export function watch(id: number, tell: (job: ImportJob) => void, failed: (problem: Problem) => void): () => void {
  let source: EventSource | null = null
  let timer = 0
  let over = false
  const heard = (job: ImportJob) => {
    if (over) return
    tell(job)
    if (rests(job)) stop()
  }
  const poll = async () => {
    if (over) return
    try {
      heard(await call<ImportJob>(`/api/imports/${id}`))
    } catch (e) {
      const problem = problemFrom(e)
      if (problem.code !== 'network') return failed(problem)
    }
    if (!over) timer = window.setTimeout(poll, 1500)
  }
  const fallBack = () => {
    source?.close()
    source = null
    window.clearTimeout(timer)
    void poll()
  }
  function stop() {
    over = true
    source?.close()
    window.clearTimeout(timer)
  }
  if (!('EventSource' in window)) {
    fallBack()
    return stop
  }
  source = new EventSource(at(`/api/imports/${id}/events`), { withCredentials: true })
  source.addEventListener('job', (e) => {
    window.clearTimeout(timer)
    timer = window.setTimeout(fallBack, 20_000)
    heard(JSON.parse((e as MessageEvent<string>).data) as ImportJob)
  })
  source.onerror = () => over || fallBack()
  timer = window.setTimeout(fallBack, 4000) // nothing came: something between us holds the stream back
  return stop
}
