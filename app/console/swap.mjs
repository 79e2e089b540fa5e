// Put a finished build in place at once: a service that is running never serves a half-written console.
import { existsSync, renameSync, rmSync } from 'node:fs'

const [fresh, live, old] = ['node_modules/.dist-new', 'dist', 'node_modules/.dist-old']
rmSync(old, { recursive: true, force: true })
if (existsSync(live)) renameSync(live, old)
renameSync(fresh, live)
rmSync(old, { recursive: true, force: true })
