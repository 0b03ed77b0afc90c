f=$1 t=$2 job=$3
shift 3
umask 077
{ mkdir -p -- "${f%/*}" && IFS= read -r result && cat >"$f.in" && : >"$f.out" && : >"$f.err"; } || exit
printf '%s\n' "$result" >"$f" || exit
umask 022
set -- /bin/sh -c "$job" "$f" "$t" "$@"
exec </dev/null >/dev/null 2>&1
if setsid -f true; then exec setsid -f "$@"; fi
set -m
if command -v setsid; then setsid "$@" & else trap '' HUP; "$@" & fi
exit 0
