import './old-browsers'
import { createApp } from 'vue'
import App from './App.vue'
import { router } from './router'
import { installUi } from './ui'
import './style.css'

const app = createApp(App)
installUi(app)
app.use(router)
app.mount('#app')
