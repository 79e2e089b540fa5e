"""Run a command against the proxy that adds the key: serve_shim.py URL KEY COMMAND... ({url} in it is the proxy's address)."""

import subprocess
import sys

from shim import Shim

with Shim(sys.argv[1], sys.argv[2]) as shim:
    code = subprocess.run([part.replace("{url}", shim.url) for part in sys.argv[3:]], check=False).returncode
    refused = [line for line in shim.lines() if line[1] >= 400]
print(f"{'NOT' if refused else 'ok '} no refused request: {refused[:3]}")
sys.exit(code or bool(refused))
