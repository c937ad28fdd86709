#!/usr/bin/env bash
# Installs all that the tests need on a Debian machine, as root or not: .venv with the package and its extras, Chromium,
# LibreOffice Calc, nginx, and PostgreSQL's programs (no server is started). Where they are is written to .tools/env.json.
# Quick when all is there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
tools=$root/.tools
private=$tools/root # packages unpacked by those who are not root

say() { echo "setup: $*" >&2; }
give_up() {
    say "$*"
    exit 1
}

# --- Packages of the system -------------------------------------------------------------------------------------------

install_packages() { # as root into the system, otherwise into .tools
    command -v apt-get >/dev/null || give_up "no apt-get here. Install these by other means, then run this again: $*"
    say "installing $* (a minute or so)"
    mkdir -p "$tools"
    if ((EUID == 0)); then install_in_system "$@"; else install_privately "$@"; fi
}

quietly() { # runs a command; what it says goes to a log, whose end is shown if it fails
    "$@" </dev/null >"$tools/apt.log" 2>&1 || {
        tail -n 20 "$tools/apt.log" >&2
        give_up "failed: ${*: -3}. See .tools/apt.log."
    }
}

install_in_system() {
    local policy=/usr/sbin/policy-rc.d
    if [[ ! -e $policy ]]; then # PostgreSQL's package would start a server
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
        # shellcheck disable=SC2064  # the path as it is now
        trap "rm -f $policy" EXIT
    fi
    export DEBIAN_FRONTEND=noninteractive
    quietly apt-get -q update
    quietly apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"
}

private_apt() {
    quietly apt-get -q -o Debug::NoLocking=true -o APT::Sandbox::User= -o Dir::State="$tools/apt/state" \
        -o Dir::State::status=/var/lib/dpkg/status -o Dir::Cache="$tools/apt/cache" -o Dir::Log="$tools/apt/log" \
        -o APT::Update::Post-Invoke-Success::= -o APT::Update::Post-Invoke::= -o APT::Keep-Downloaded-Packages=true "$@"
}

install_privately() {
    mkdir -p "$tools"/apt/{state/lists/partial,cache/archives/partial,log} "$private"
    private_apt update
    private_apt install --download-only -y --no-install-recommends "$@"
    local package
    for package in "$tools"/apt/cache/archives/*.deb; do
        case ${package##*/} in
        libc6_* | libc-bin_*) ;; # another C library than the running system's would break every program
        *) dpkg-deb -x "$package" "$private" ;;
        esac
    done
    rm -rf "$tools/apt"
}

private_libraries() { # the unpacked folders that hold shared libraries, as a search path
    { find "$private"/{usr/,}lib -name '*.so*' ! -type d -printf '%h\n' 2>/dev/null || true; } |
        { grep -E '/lib/[^/]+-linux-[^/]+(/[^/]+)?$' || true; } | sort -u | paste -sd:
}

wrap() { # wrap PROGRAM AS: a script that runs an unpacked program with the unpacked libraries and fonts
    mkdir -p "$(dirname "$2")"
    cat >"$2" <<EOF
#!/bin/sh
export LD_LIBRARY_PATH='$libraries'"\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
export FONTCONFIG_FILE='$tools/fonts.conf'
exec '$1' "\$@"
EOF
    chmod 755 "$2"
}

wrap_unpacked() {
    local libraries program
    [[ -d $private ]] || return 0
    libraries=$(private_libraries)
    cat >"$tools/fonts.conf" <<EOF
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>$private/usr/share/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>$tools/fonts-cache</cachedir>
</fontconfig>
EOF
    if [[ -x $private/usr/lib/chromium/chromium ]]; then
        wrap "$private/usr/lib/chromium/chromium" "$tools/bin/chromium"
    fi
    if [[ -x $private/usr/lib/libreoffice/program/soffice ]]; then
        wrap "$private/usr/lib/libreoffice/program/soffice" "$tools/bin/soffice"
    fi
    if [[ -x $private/usr/sbin/nginx ]]; then
        wrap "$private/usr/sbin/nginx" "$tools/bin/nginx"
    fi
    for program in "$private"/usr/lib/postgresql/*/bin/*; do
        [[ ! -x $program ]] || wrap "$program" "$tools/postgres/${program##*/}"
    done
}

# --- What is there ----------------------------------------------------------------------------------------------------

find_chromium() {
    local candidate
    for candidate in "$tools/bin/chromium" chromium chromium-browser google-chrome; do
        if candidate=$(command -v "$candidate") && "$candidate" --version >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
}

find_soffice() {
    command -v "$tools/bin/soffice" || command -v soffice || true
}

find_nginx() {
    command -v "$tools/bin/nginx" || command -v nginx || command -v /usr/sbin/nginx || true
}

find_postgres() {
    local candidate
    for candidate in "$tools/postgres" $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV); do
        if "$candidate/initdb" --version >/dev/null 2>&1 && "$candidate/postgres" --version >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
}

find_fonts() {
    find /usr/share/fonts "$private/usr/share/fonts" -name '*.ttf' -print -quit 2>/dev/null
}

find_python() {
    local candidate
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        if candidate=$(command -v "$candidate") &&
            "$candidate" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

# --- The steps --------------------------------------------------------------------------------------------------------

system_packages() {
    local missing=()
    wrap_unpacked
    [[ -n $(find_chromium) ]] || missing+=(chromium)
    [[ -n $(find_postgres) ]] || missing+=(postgresql)
    [[ -n $(find_fonts) ]] || missing+=(fonts-dejavu-core)
    [[ -n $(find_soffice) ]] || missing+=(libreoffice-calc-nogui)
    [[ -n $(find_nginx) ]] || missing+=(nginx)
    ((${#missing[@]} == 0)) && return
    install_packages "${missing[@]}"
    wrap_unpacked
}

make_venv() {
    local python
    [[ ! -x .venv/bin/python || ! -x .venv/bin/pip ]] || return 0
    python=$(find_python)
    if [[ -z $python ]] && ((EUID == 0)); then
        install_packages python3 python3-venv
        python=$(find_python)
    fi
    [[ -n $python ]] || give_up "no Python 3.11 or later found. Install one (Debian: python3 and python3-venv)."
    say "making .venv with $python"
    if "$python" -c 'import ensurepip' 2>/dev/null; then
        "$python" -m venv .venv
    elif ((EUID == 0)); then
        install_packages python3-venv
        "$python" -m venv --clear .venv
    else
        make_venv_without_ensurepip "$python"
    fi
}

make_venv_without_ensurepip() { # Debian keeps pip's wheel in a package of its own
    local wheels=$private/usr/share/python-wheels
    say "this Python has no ensurepip (Debian: python3-venv); using the wheel of pip from python3-pip-whl instead"
    [[ -d $wheels ]] || install_packages python3-pip-whl
    "$1" -m venv --without-pip .venv
    local pip=("$wheels"/pip-*.whl)
    .venv/bin/python "${pip[0]}/pip" install -q --no-index --find-links "$wheels" pip
}

install_package() {
    local wanted installed=.venv/installed-by-setup
    wanted=$(cat <(.venv/bin/python -VV) <(echo "$root") pyproject.toml .ci/constraints.txt | sha256sum)
    [[ $wanted != "$(cat "$installed" 2>/dev/null)" ]] || return 0
    say "installing the package with its extras into .venv"
    .venv/bin/python -m pip install -q --disable-pip-version-check -c .ci/constraints.txt -e '.[samples,test,team]' >&2
    echo "$wanted" >"$installed"
}

write_down() {
    local chromium postgres soffice nginx
    chromium=$(find_chromium)
    postgres=$(find_postgres)
    soffice=$(find_soffice)
    nginx=$(find_nginx)
    [[ -n $chromium && -n $postgres && -n $soffice && -n $nginx ]] ||
        give_up "still missing after installing: ${chromium:-Chromium} ${postgres:-PostgreSQL} ${soffice:-LibreOffice}" \
            "${nginx:-nginx}"
    mkdir -p "$tools"
    .venv/bin/python - "$chromium" "$postgres" "$soffice" "$nginx" >"$tools/env.json.new" <<'EOF'
import json, sys
print(json.dumps(dict(zip(("chromium", "postgres_bin", "soffice", "nginx"), sys.argv[1:])), indent=2))
EOF
    mv "$tools/env.json.new" "$tools/env.json"
}

make_venv
install_package
system_packages
write_down
say "ready"
