/** From a figure to its rows in 腾出台账. */
import { base } from './api'
import type { Progress } from './types'

/** Query of the postings page behind a target's figure, from the address the server gave beside it. */
export function queryOf(progress: Progress): Record<string, string> {
  const query: Record<string, string> = {}
  if (progress.postings_url) new URL(progress.postings_url.replace(/^\//, ''), base).searchParams.forEach((v, k) => (query[k] = v))
  return query
}
