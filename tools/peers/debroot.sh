#!/usr/bin/env bash
# Unpacks programs of another Debian release, with all they depend on, beside the system:
#   debroot.sh FOLDER RELEASE PACKAGE...
# Nothing is installed: apt works with an empty package database of its own in FOLDER. The mirror is
# the one the system's apt is configured with. A FOLDER that holds just these is left as it is;
# remove it to have newer versions. Run the programs with run_in.sh, which brings their own libc.
set -euo pipefail

[[ $# -ge 3 ]] || { echo "usage: $0 FOLDER RELEASE PACKAGE..." >&2; exit 2; }
folder=$(realpath -m "$1") release=$2
shift 2
wanted="$release $*"
[[ $(cat "$folder/.contents" 2>/dev/null) != "$wanted" ]] || exit 0

# shellcheck disable=SC2016  # apt's variable, not the shell's
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
  grep -E '/debian/?$' | head -n 1) || true
if [[ -z $mirror ]]; then
  echo "error: apt's sources name no Debian mirror" >&2
  exit 1
fi

# Built aside and moved at the end, so that an interrupted run leaves nothing that looks complete.
mkdir -p "$(dirname "$folder")"
work=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$work"' EXIT
apt=$work/.apt
mkdir -p "$apt/lists/partial" "$apt/archives/partial"
: >"$apt/status"
echo "deb $mirror $release main" >"$apt/sources.list"
prefer=()
if [[ $release == experimental ]]; then  # an overlay of sid, and not preferred by itself
  echo "deb $mirror sid main" >>"$apt/sources.list"
  prefer=(-t experimental)
fi
options=(-qq -y --no-install-recommends
  -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
  -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null
  -o "Dir::State::Lists=$apt/lists" -o "Dir::State::status=$apt/status"
  -o "Dir::Cache=$apt" -o "Dir::Cache::Archives=$apt/archives"
  -o Debug::NoLocking=1 -o "APT::Sandbox::User=$(id -un)" -o Acquire::Retries=3)
apt-get "${options[@]}" update
apt-get "${options[@]}" "${prefer[@]}" --download-only install "$@"

# The merged-/usr layout comes first, or tar would make real folders of /bin and /lib.
for name in bin sbin lib lib64; do
  mkdir -p "$work/usr/$name"
  ln -s "usr/$name" "$work/$name"
done
for package in "$apt"/archives/*.deb; do
  dpkg-deb --fsys-tarfile "$package" | tar -x -C "$work" --keep-directory-symlink --no-same-owner
done
rm -rf "$apt"
echo "$wanted" >"$work/.contents"
chmod 755 "$work"
rm -rf "$folder"
mv "$work" "$folder"
trap - EXIT
