# Running programs, from /proc.

# Whether grep looks behind a NUL; that of busybox does not.
rmq_count 2
if printf 'a\0b' | grep -qF -eb 2>/dev/null; then rmq_grep=1; else rmq_grep=; fi

# WORD FILE: sets rmq_pids to the programs with WORD in that file of theirs, and perhaps others.
rmq_pids_by_word() {
  rmq_pids=
  rmq_f=$2
  if [ "$rmq_grep" ]; then
    rmq_count 1
    # The list is made before grep is started, so that grep is not in it. The word and the option
    # are one argument, so that it does not look like such a program to others.
    rmq_s=$1
    set -- /proc/[0-9]*/"$2"
    for rmq_p in $(exec grep -lF -e"$rmq_s" "$@" 2>/dev/null); do
      rmq_p=${rmq_p#/proc/}
      rmq_pids="$rmq_pids ${rmq_p%%/*}"
    done
    return
  fi
  for rmq_p in /proc/[0-9]*; do
    rmq_slurp "$rmq_p/$rmq_f"
    case $rmq_s in *"$1"*) rmq_pids="$rmq_pids ${rmq_p#/proc/}" ;; esac
  done
}

# FILE: sets rmq_s to its text; `read` drops every NUL.
rmq_slurp() {
  rmq_s=
  { while IFS= read -r rmq_t || [ "$rmq_t" ]; do rmq_s=$rmq_s$rmq_t$rmq_nl; done < "$1"; } 2>/dev/null
}

# PID: sets rmq_mark to the 16 letters that name the start which it comes from, if it comes from one.
rmq_find_start() {
  rmq_mark=
  rmq_slurp "/proc/$1/environ"
  case $rmq_s in *RMQPLAY_START=*) ;; *) return ;; esac
  rmq_s=${rmq_s##*RMQPLAY_START=}
  rmq_mark=${rmq_s%"${rmq_s#????????????????}"}
  case $rmq_mark in *[!0-9a-f]*) rmq_mark= ;; esac
}

# MARK: sets rmq_pids to the programs that come from that start, and to all in sessions that one of
# them leads.
rmq_pids_by_start() {
  rmq_pids_by_word "RMQPLAY_START=$1" environ
  rmq_sessions=' '
  for rmq_p in $rmq_pids; do
    if rmq_find_session "$rmq_p" && [ "$rmq_s" = "$rmq_p" ]; then rmq_sessions="$rmq_sessions$rmq_p "; fi
  done
  if [ "$rmq_sessions" = ' ' ]; then return; fi
  for rmq_p in /proc/[0-9]*; do
    rmq_p=${rmq_p#/proc/}
    case " $rmq_pids " in *" $rmq_p "*) continue ;; esac
    rmq_find_session "$rmq_p" || continue
    case $rmq_sessions in *" $rmq_s "*) rmq_pids="$rmq_pids $rmq_p" ;; esac
  done
}

# PID: sets rmq_s to its session, field 6 of stat.
rmq_find_session() {
  rmq_slurp "/proc/$1/stat"
  set -- ${rmq_s##*)}
  rmq_s=${4-}
  [ "$rmq_s" ]
}

# TEXT: sets rmq_pids to the programs with TEXT in the path of their executable.
rmq_pids_by_executable() {
  rmq_pids=
  rmq_count 1
  rmq_t=$1
  set -- /proc/[0-9]*/exe
  rmq_s=$(exec stat $rmq_c %N "$@" 2>/dev/null)
  rmq_ifs=$IFS
  IFS=$rmq_nl
  set -f
  for rmq_p in $rmq_s; do
    case ${rmq_p#*/exe} in *"$rmq_t"*) rmq_p=${rmq_p#*/proc/} rmq_pids="$rmq_pids ${rmq_p%%/*}" ;; esac
  done
  set +f
  IFS=$rmq_ifs
}

# HOW TEXT: word, executable, start or all. Owners, executables and directories in one piece, then a
# piece with stat and arguments of each program, whose word tells the start that it comes from.
rmq_processes() {
  if ! [ -e /proc/self/stat ]; then rmq_piece missing; return; fi
  case $1 in
  word) rmq_pids_by_word "$2" cmdline ;;
  start) rmq_pids_by_start "$2" ;;
  executable) rmq_pids_by_executable "$2" ;;
  all) rmq_pids=; for rmq_p in /proc/[0-9]*; do rmq_pids="$rmq_pids ${rmq_p#/proc/}"; done ;;
  esac
  rmq_s=
  for rmq_p in $rmq_pids; do rmq_s="$rmq_s /proc/$rmq_p /proc/$rmq_p/exe /proc/$rmq_p/cwd"; done
  if [ "$rmq_s" ]; then
    rmq_count 1
    stat $rmq_c '%u/%U/%N' $rmq_s 2>/dev/null
  fi
  rmq_piece owners
  for rmq_p in $rmq_pids; do
    rmq_count 1
    cat "/proc/$rmq_p/stat" "/proc/$rmq_p/cmdline" 2>/dev/null
    case $1 in word | executable) rmq_find_start "$rmq_p" ;; *) rmq_mark= ;; esac
    rmq_piece "program${rmq_mark:+-$rmq_mark}"
  done
  rmq_piece end
}
