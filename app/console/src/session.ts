/** Who is signed in. The session itself is an HttpOnly cookie: no token is kept where a script could read it. */
import { computed, ref } from 'vue'
import { ApiError, call } from './api'
import type { Session } from './types'

export const session = ref<Session | null>(null)
let asked: Promise<Session | null> | null = null

export const account = computed(() => session.value?.account ?? null)

/** The session, asked for once; null when nobody is signed in. */
export function current(): Promise<Session | null> {
  asked ??= call<Session>('/api/session')
    .then((found) => (session.value = found))
    .catch((e: unknown) => {
      asked = null
      if (e instanceof ApiError && (e.problem.status === 401 || e.problem.status === 404)) return (session.value = null)
      throw e
    })
  return asked
}

export async function signIn(username: string, password: string): Promise<void> {
  await call('/api/session', { method: 'POST', json: { username, password } })
  asked = null
  await current()
}

export function forget(): void {
  session.value = null
  asked = null
}

export async function signOut(): Promise<void> {
  try {
    await call('/api/session', { method: 'DELETE' })
  } finally {
    forget()
  }
}

/** Whether the account may open a case 列入整治; the server decides, this only hides a button that would be refused. */
export const mayList = computed(() => {
  const can = session.value?.can ?? {}
  return can.list_case ?? ['planner', 'acceptor'].includes(account.value?.role ?? '')
})

/** Whether the account may import: 数据导入 is for planner and admin. */
export const mayImport = computed(() => ['planner', 'admin'].includes(account.value?.role ?? ''))

/** Where an account begins: an officer with what waits for his town, everybody else with the map. */
export const home = (): string => (account.value?.role === 'officer' ? '/tasks' : '/map')
