# Programs that outlive the connection.

# USER TEXT LOG: evaluates a piece of shell text, which writes to the log, as that user, or as ours
# if it is empty. The caller is a subshell in the user's own environment.
rmq_as() {
  if [ "$1" ]; then
    rmq_count 2
    if [ "$1" != "$(id -un)" ] && [ "$1" != "$(id -u)" ]; then
      if ! [ "$(id -u)" = 0 ]; then
        printf 'only root can start a program as another user\n' >&2
        return 1
      fi
      # Waits for the text only, not for the program that it starts.
      if command -v su >/dev/null; then exec su -s /bin/sh "$1" -c "$2"; fi
      if command -v runuser >/dev/null; then exec runuser -s /bin/sh "$1" -c "$2"; fi
      exec setpriv --reuid="$1" --regid="$(id -g "$1")" --init-groups /bin/sh -c "$2"
    fi
  fi
  rmq_way "$3" && eval "$2"
}

# PID STARTED SIGNAL: a program with another start time is left alone, and so is one that is gone.
rmq_signal() {
  { IFS= read -r rmq_s < "/proc/$1/stat"; } 2>/dev/null || { rmq_piece 0; return; }
  rmq_pid=$1 rmq_signal=$3 rmq_started=$2
  set -- ${rmq_s##*)}
  # Field 22; the first of these is field 3.
  shift 19
  if [ "$1" = "$rmq_started" ]; then kill -s "$rmq_signal" "$rmq_pid"; fi
  rmq_piece "$?"
}

# SERVICE: starts it now, though systemd may have given up on it or waits before it tries again.
rmq_start_service() {
  rmq_count 2
  systemctl reset-failed "$1" 2>/dev/null
  if systemctl restart "$1"; then rmq_piece 0; return; fi
  rmq_count 1
  systemctl show -p LoadState,ActiveState,SubState,Result "$1" >&2
  rmq_piece 1
}

# MARK: sets rmq_pids to the programs that have it in their environment.
rmq_marked() {
  rmq_pids=
  for rmq_p in /proc/[0-9]*; do
    rmq_count 2
    if { tr '\0' '\n' < "$rmq_p/environ" | grep -qxF -e "$1"; } 2>/dev/null; then
      rmq_pids="$rmq_pids ${rmq_p#/proc/}"
    fi
  done
}

# MARK: ends the programs that have it in their environment; a line for each says what it was.
rmq_end_marked() {
  rmq_marked "$1"
  for rmq_p in $rmq_pids; do
    rmq_count 2
    rmq_s=$({ exec tr '\0\n' '  ' < "/proc/$rmq_p/cmdline"; } 2>/dev/null)
    printf '%s %s\n' "$rmq_p" "${rmq_s% }"
    kill -s TERM "$rmq_p" 2>/dev/null
  done
  rmq_n=5
  while [ "$rmq_pids" ] && [ "$rmq_n" != 0 ]; do
    rmq_n=$((rmq_n - 1))
    rmq_count 1
    sleep 1
    rmq_marked "$1"
    for rmq_p in $rmq_pids; do kill -s KILL "$rmq_p" 2>/dev/null; done
  done
  rmq_piece 0
}
