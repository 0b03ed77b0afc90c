# What every shell of ours starts with. A request is one line, evaluated with /dev/null as standard
# input and the pipe from the controller as descriptor 3. It is sent after rmq_nl, a newline, and
# rmq_marker, the marker, are set.

# This shell is the first process.
rmq_forks=1
# Requests may hold any bytes, and messages are read by a program.
rmq_lc_set=${LC_ALL+set} rmq_lc=${LC_ALL-} rmq_path=$PATH
LC_ALL=C
# Restores what programs of the user expect.
rmq_login() {
  PATH=$rmq_path
  unset QUOTING_STYLE
  if [ "$rmq_tmout" ]; then export TMOUT="$rmq_tmout"; fi
  if [ "$rmq_lc_set" ]; then LC_ALL=$rmq_lc; else unset LC_ALL; fi
}
# WORD: ends a piece of the reply.
rmq_piece() { rmq_last=$1; printf '\n%s %s\n' "$rmq_marker" "$1"; }
# Ends the reply.
rmq_end() {
  printf '\n%s .%s\n' "$rmq_marker" "$rmq_forks"
  printf '\n%s .\n' "$rmq_marker" >&2
  rmq_forks=0
}
# NUMBER: that many processes are about to be started. (A command whose output is substituted takes
# two in bash if it has redirections, unless it begins with exec.)
rmq_count() { rmq_forks=$((rmq_forks + $1)); }
# WORD: whether it names a program.
rmq_is_program() {
  case $1 in
  */*) [ -f "$1" ] && [ -x "$1" ] ;;
  *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}
# Tells the process group of this shell: field 5 of stat, counted after the name in parentheses.
rmq_hello() {
  { IFS= read -r rmq_s < /proc/$$/stat; } 2>/dev/null || rmq_s=") S 0 $$"
  set -- ${rmq_s##*)}
  rmq_piece "$3"
  printf '\n%s %s\n' "$rmq_marker" "$3" >&2
}
rmq_hello
# Relative paths count from where the login put this shell, or from where its user may be instead.
{ [ -r . ] && [ -x . ]; } || cd "${HOME:-/}" 2>/dev/null || cd /
rmq_start=$PWD
