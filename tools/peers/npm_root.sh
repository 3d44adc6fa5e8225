#!/usr/bin/env bash
# Unpacks packages of the npm registry beside the system:
#   npm_root.sh FOLDER PACKAGE@VERSION...
# Nothing is installed and no script of a package runs. The registry is the one npm is configured
# with. A FOLDER that holds just these is left as it is.
set -euo pipefail

[[ $# -ge 2 ]] || { echo "usage: $0 FOLDER PACKAGE@VERSION..." >&2; exit 2; }
folder=$(realpath -m "$1")
shift
wanted="$*"
[[ $(cat "$folder/.contents" 2>/dev/null) != "$wanted" ]] || exit 0
if ! command -v npm >/dev/null; then
  echo "error: there is no npm" >&2
  echo "try: apt-get install --no-install-recommends npm" >&2
  exit 1
fi

# Built aside and moved at the end, so that an interrupted run leaves nothing that looks complete.
mkdir -p "$(dirname "$folder")"
work=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$work"' EXIT
npm install --prefix "$work" --no-save --no-package-lock --ignore-scripts --no-audit --no-fund \
  --loglevel=error "$@"
echo "$wanted" >"$work/.contents"
chmod 755 "$work"
rm -rf "$folder"
mv "$work" "$folder"
trap - EXIT
