# Locks. A lock is a directory, with a file for each shell that wants it or has it: the file says for
# which run, and stays until that shell ends. A second file beside it says that the shell has the lock.
# Files of shells that were killed count for nothing.

rmq_lock= rmq_watch=

# NAME: sets rmq_locks to the directory, with a slash at the end.
rmq_find_locks() { rmq_locks=/var/tmp/.rmqplay-lock-$1/; }

# HOLDER: looks who else wants the lock. Sets rmq_held to the run that has it, rmq_first to the run
# that comes before this shell, and rmq_next to a run that comes after it.
rmq_look_at_lock() {
  rmq_held= rmq_first= rmq_next=
  rmq_find_boot
  for rmq_f in "$rmq_locks"wanted-*; do
    if [ -L "$rmq_f" ] || ! [ -f "$rmq_f" ]; then continue; fi
    set -- "$1" "${rmq_f##*/wanted-}"
    if ! rmq_is_running "$2"; then
      # Only who takes the lock changes anything.
      if [ "$rmq_lock" ]; then rmq_count 1; rm -f "$rmq_f" "${rmq_locks}held-$2" 2>/dev/null; fi
      continue
    fi
    rmq_t=
    { IFS= read -r rmq_t < "$rmq_f"; } 2>/dev/null || continue
    if [ "$rmq_t" = "$1" ]; then continue; fi
    if [ -f "${rmq_locks}held-$2" ]; then rmq_held=$rmq_t
    elif [ "${2%%-*}" -lt "$$" ]; then rmq_first=$rmq_t
    else rmq_next=$rmq_t
    fi
  done
}

# NAME HOLDER: tells who has the lock, in a piece named held, or free.
rmq_ask_lock() {
  rmq_find_locks "$1"
  for rmq_n in 1 2 3; do
    rmq_look_at_lock "$2"
    if ! [ "$rmq_held" ]; then rmq_piece free; return; fi
    # A run that has just ended leaves it in a moment.
    if [ "$rmq_n" != 3 ]; then rmq_count 1; sleep 1; fi
  done
  printf '%s' "$rmq_held"
  rmq_piece held
}

# NAME HOLDER: takes the lock for as long as this shell lives.
rmq_take_lock() {
  rmq_find_locks "$1"
  rmq_find_boot
  rmq_find_space
  if ! rmq_started $$ || ! rmq_want_lock "$$-$rmq_s-$rmq_space-$rmq_boot" "$2"; then
    printf '%s is not a directory that this user may write\n' "${rmq_locks%/}" >&2
    rmq_piece refused
    return
  fi
  for rmq_n in 1 2 3 4 5 6 7 8 9; do
    rmq_look_at_lock "$2"
    if ! [ "$rmq_held$rmq_first$rmq_next" ]; then
      : > "${rmq_locks}held-$rmq_lock"
      rmq_piece 0
      return
    fi
    if [ "$rmq_first" ] || { [ "$rmq_held" ] && [ "$rmq_n" -ge 3 ]; }; then break; fi
    # Those that come later step back, unless they had it before they could see this shell; and a run
    # that has just ended leaves it in a moment.
    rmq_count 1
    sleep 1
  done
  printf '%s' "${rmq_held:-${rmq_first:-$rmq_next}}"
  rmq_leave_lock
  rmq_piece held
}

# LOCK HOLDER: says that this shell wants the lock. Others may read which run it is for. A run that
# ends may remove the directory meanwhile.
rmq_want_lock() {
  trap 'rmq_leave_lock; rmq_leave' 0
  for rmq_n in 1 2 3; do
    rmq_count 1
    mkdir -m 755 "${rmq_locks%/}" 2>/dev/null
    if [ -L "${rmq_locks%/}" ]; then return 1; fi
    umask 022
    { printf '%s\n' "$2" > "${rmq_locks}wanted-$1"; } 2>/dev/null
    rmq_r=$?
    umask 077
    if [ "$rmq_r" = 0 ]; then rmq_lock=$1; return 0; fi
  done
  return 1
}

# Gives the lock back.
rmq_leave_lock() {
  if [ "$rmq_watch" ]; then kill "$rmq_watch" 2>/dev/null; fi
  if [ "$rmq_lock" ]; then
    rm -f "${rmq_locks}held-$rmq_lock" "${rmq_locks}wanted-$rmq_lock"
    rmdir "$rmq_locks" 2>/dev/null
  fi
  rmq_lock= rmq_watch=
}

# SECONDS: the run is there. If it says so no more for that long, the lock is given back and this
# shell ends: a cut cable ends no connection.
rmq_keep_lock() {
  if ! [ "$rmq_lock" ]; then rmq_piece none; return; fi
  if [ "$rmq_watch" ]; then kill "$rmq_watch" 2>/dev/null; fi
  rmq_count 2
  (
    trap 'kill "$rmq_pid" 2>/dev/null; exit' TERM
    trap - 0
    sleep "$1" &
    rmq_pid=$!
    wait "$rmq_pid"
    if rmq_is_running "$rmq_lock"; then kill -s KILL $$; fi
    rmq_watch=
    rmq_leave_lock
  ) </dev/null >/dev/null 2>&1 3<&- &
  rmq_watch=$!
  rmq_piece 0
}
