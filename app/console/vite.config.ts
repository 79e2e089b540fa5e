import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

// base './' and hash routes: the console works below any path a government gateway puts it.
// chrome87: office machines run Chromium 80–100 builds without WebGL.
export default defineConfig({
  base: './',
  plugins: [vue()],
  build: {
    target: ['chrome87'],
    cssTarget: ['chrome87'],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 2048,
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: Object.fromEntries(
      ['/api', '/collections', '/readyz', '/healthz'].map((path) => [path, 'http://127.0.0.1:8000']),
    ),
  },
})
