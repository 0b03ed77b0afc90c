# GROUP: ends a process group; what it does not end within 2 s is killed, and what the killed have
# left is removed.
rmq_kill() {
  kill -s TERM -- "-$1" 2>/dev/null || return 0
  { sleep 2; kill -s KILL -- "-$1" && sleep 1 && rmq_sweep; } </dev/null >/dev/null 2>&1 3<&- &
}
