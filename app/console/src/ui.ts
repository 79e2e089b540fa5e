/** The Element Plus components the console uses, with their styles: nothing else is bundled. */
import {
  ElAlert,
  ElAutocomplete,
  ElButton,
  ElConfigProvider,
  ElDatePicker,
  ElDialog,
  ElInput,
  ElInputNumber,
  ElLoadingDirective,
  ElOption,
  ElSelect,
} from 'element-plus'
import 'element-plus/theme-chalk/base.css'
import 'element-plus/theme-chalk/el-alert.css'
import 'element-plus/theme-chalk/el-autocomplete.css'
import 'element-plus/theme-chalk/el-button.css'
import 'element-plus/theme-chalk/el-date-picker.css'
import 'element-plus/theme-chalk/el-date-picker-panel.css'
import 'element-plus/theme-chalk/el-dialog.css'
import 'element-plus/theme-chalk/el-input.css'
import 'element-plus/theme-chalk/el-input-number.css'
import 'element-plus/theme-chalk/el-loading.css'
import 'element-plus/theme-chalk/el-message.css'
import 'element-plus/theme-chalk/el-option.css'
import 'element-plus/theme-chalk/el-overlay.css'
import 'element-plus/theme-chalk/el-popper.css'
import 'element-plus/theme-chalk/el-scrollbar.css'
import 'element-plus/theme-chalk/el-select.css'
import 'element-plus/theme-chalk/el-select-dropdown.css'
import 'element-plus/theme-chalk/el-tag.css'
import type { App } from 'vue'

const used = [
  ElAlert,
  ElAutocomplete,
  ElButton,
  ElConfigProvider,
  ElDatePicker,
  ElDialog,
  ElInput,
  ElInputNumber,
  ElOption,
  ElSelect,
]

export function installUi(app: App): void {
  for (const component of used) app.component(component.name as string, component)
  app.directive('loading', ElLoadingDirective)
}
