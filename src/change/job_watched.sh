f=$0 t=$1
shift
now() { date '+%Y-%m-%d %H:%M:%S %s'; }
start=$(now)
if command -v setsid >/dev/null; then
  setsid "$@" <"$f.in" >"$f.out" 2>"$f.err" &
else
  set -m
  "$@" <"$f.in" >"$f.out" 2>"$f.err" &
fi
p=$!
{
  trap 'kill "$s"; exit' TERM
  sleep "$t" &
  s=$!
  wait "$s"
  : >"$f.late"
  kill -s KILL -- "-$p" || kill -s KILL "$p"
} &
w=$!
wait "$p"
r=$?
kill "$w"
if [ -e "$f.late" ]; then r=late; fi
printf '%s\n%s\n%s\n' "$r" "$start" "$(now)" >"$f.new" && mv -- "$f.new" "$f.done"
rm -f -- "$f.in" "$f.late"
