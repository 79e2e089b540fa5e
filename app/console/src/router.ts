import { createRouter, createWebHashHistory } from 'vue-router'
import { whenSignedOut } from './api'
import { dropMeta, loadMeta } from './meta'
import { current, forget, home } from './session'

export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/', redirect: () => home() },
    { path: '/login', component: () => import('./views/LoginView.vue'), meta: { open: true } },
    { path: '/map', component: () => import('./views/MapView.vue') },
    { path: '/parcel/:code', redirect: (to) => ({ path: '/map', query: { parcel: String(to.params.code) } }) }, // what a QR code opens
    { path: '/tasks', component: () => import('./views/CasesView.vue'), props: { mine: true } },
    { path: '/cases', component: () => import('./views/CasesView.vue') },
    { path: '/cases/:id', component: () => import('./views/CaseView.vue'), props: true },
    { path: '/targets', component: () => import('./views/TargetsView.vue') },
    { path: '/ledger', component: () => import('./views/LedgerView.vue') },
    { path: '/parcels', component: () => import('./views/ParcelsView.vue') },
    { path: '/imports', component: () => import('./views/ImportsView.vue') },
    { path: '/imports/new', component: () => import('./views/NewImportView.vue') },
    { path: '/imports/:id(\\d+)', component: () => import('./views/ImportView.vue'), props: true },
    { path: '/inefficient', component: () => import('./views/InefficientView.vue') },
    { path: '/:rest(.*)*', redirect: '/' },
  ],
})

router.beforeEach(async (to) => {
  if (to.meta.open) return true
  const found = await current().catch(() => null)
  if (!found) return { path: '/login', query: ['/', '/map'].includes(to.fullPath) ? {} : { next: to.fullPath } }
  await loadMeta().catch(() => undefined)
  return to.path === '/' ? home() : true
})

whenSignedOut(() => {
  forget()
  dropMeta()
  const here = router.currentRoute.value
  if (here.path !== '/login') void router.push({ path: '/login', query: { next: here.fullPath, ended: '1' } })
})

// A page opened before an update asks for files that are gone: load the new version, once.
router.onError((error: Error, to) => {
  if (!/dynamically imported module|Importing a module|Unable to preload/.test(error.message)) return
  const last = Number(sessionStorage.getItem('yima-reloaded') ?? 0)
  if (Date.now() - last < 10_000) return
  sessionStorage.setItem('yima-reloaded', String(Date.now()))
  location.hash = `#${to.fullPath}`
  location.reload()
})
