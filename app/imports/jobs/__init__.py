"""导入任务: a delivery handed in over HTTP, from queue to register: decisions asked for, issues, 比对, apply, 撤销.

Owns the state of import_job, import_row, import_mapping and the files handed in. Does not own what an import checks or writes.
Light: nothing here opens a delivery; the worker's process does (app/import_process.py).
"""
