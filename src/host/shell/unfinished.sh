# What is not finished has a name of ours until it is moved to its place. This shell removes it,
# whatever ends it; should it be killed, the next shell of the same user does, which finds the name
# in the journal that each shell keeps while it has something unfinished.

rmq_unfinished= rmq_journal=

# PID: sets rmq_s to when the process started; fails if it has ended.
rmq_started() {
  rmq_s=0
  if ! [ -r "/proc/$$/stat" ]; then kill -0 "$1" 2>/dev/null; return; fi
  { IFS= read -r rmq_s < "/proc/$1/stat"; } 2>/dev/null || return
  # Field 3 is the state, field 22 the start.
  set -- ${rmq_s##*)}
  # A name with a line break in it cuts the line.
  if [ $# -lt 20 ]; then return 1; fi
  case $1 in [ZXx]) return 1 ;; esac
  shift 19
  rmq_s=$1
}

# Sets rmq_space to the name space in which process ids mean what they do here, if it is known.
rmq_find_space() {
  rmq_count 1
  rmq_space=$(exec readlink /proc/self/ns/pid 2>/dev/null)
  rmq_space=${rmq_space#*[}
  rmq_space=${rmq_space%]}
}

# Sets rmq_boot to what names the time since the machine was started.
rmq_find_boot() { { IFS= read -r rmq_boot < /proc/sys/kernel/random/boot_id; } 2>/dev/null || rmq_boot=; }

# PID-START-SPACE-BOOT, a shell: whether it is running, as far as this name space knows. The boot id
# has further dashes.
rmq_is_running() {
  rmq_started "${1%%-*}" || return
  case $1 in "${1%%-*}-$rmq_s-"*"-$rmq_boot") ;; *) return 1 ;; esac
}

# Where journals are: a restart leaves the first two alone, and the others serve where those are full.
rmq_directories='/var/tmp /tmp /dev/shm /run'

# PATH: writes it to the journal, in a directory where others cannot touch it. A subshell is a process
# of its own: it may live on when its shell, which $$ means, was killed.
rmq_write_journal() {
  if [ "$rmq_journal" ]; then
    if { printf '%s\n' "$1" >| "$rmq_journal"; } 2>/dev/null; then return; fi
    rmq_count 1
    rm -f "$rmq_journal"
  fi
  { IFS=' ' read -r rmq_me rmq_s < /proc/self/stat; } 2>/dev/null || rmq_me=$$
  rmq_started "$rmq_me" || return 0
  rmq_find_boot
  rmq_find_space
  for rmq_d in $rmq_directories; do
    rmq_journal=$rmq_d/.rmqplay-shell-$rmq_me-$rmq_s-$rmq_space-$rmq_boot
    if ! rmq_is_safe_directory; then continue; fi
    if { set -C; printf '%s\n' "$1" > "$rmq_journal"; } 2>/dev/null; then set +C; return; fi
    set +C
    # The disk had no room for the line.
    if [ -f "$rmq_journal" ] && [ -O "$rmq_journal" ]; then rmq_count 1; rm -f "$rmq_journal"; fi
  done
  rmq_journal=
}

# Whether nobody else can exchange what this user makes in rmq_d.
rmq_is_safe_directory() {
  if [ -k "$rmq_d" ]; then return; fi
  [ -O "$rmq_d" ] || return
  rmq_count 1
  [ "$(find "$rmq_d" -prune ! -perm -020 ! -perm -002 2>/dev/null)" ]
}

# PATH: nothing is there yet, and what will be is not finished.
rmq_begin() {
  rmq_unfinished=$1
  rmq_write_journal "$1"
}

# Removes what is unfinished.
rmq_discard() {
  if [ -z "$rmq_unfinished" ]; then return; fi
  cd /
  if ! rmq_erase "$rmq_unfinished"; then
    # Perhaps the next shell can.
    rmq_journal=
  elif [ "$rmq_journal" ]; then
    { printf '' >| "$rmq_journal"; } 2>/dev/null
  fi
  rmq_unfinished=
}

# PATH: removes it, and what is made beside it.
rmq_erase() {
  for rmq_p in "$1" "$1.way" "$1.backup" "$1.backup.way"; do
    if [ -d "$rmq_p" ] && ! [ -L "$rmq_p" ]; then
      rmq_count 1
      rmdir "$rmq_p" 2>/dev/null || rmq_erase_directory "$rmq_p"
    elif [ -e "$rmq_p" ] || [ -L "$rmq_p" ]; then
      rmq_count 1
      rm -f "$rmq_p"
    fi
    if [ -e "$rmq_p" ] || [ -L "$rmq_p" ]; then return 1; fi
  done
}

# PATH: removes a directory with all that is in it, unless somebody has exchanged it.
rmq_erase_directory() {
  rmq_count 3
  (
    CDPATH= cd -P "$1" && [ -O . ] && [ "${PWD##*/}" = "${1##*/}" ] || exit
    rm -rf ./* ./.[!.]* ./..?* && exit
    # Directories that may not be written, or too many names.
    chmod -R u+rwx .
    for rmq_p in ./* ./.[!.]* ./..?*; do rm -rf "$rmq_p"; done
  ) >/dev/null 2>&1
  rmdir "$1" 2>/dev/null
}

# Nothing that is unfinished outlives this shell, or the subshell that calls this.
rmq_guard() {
  rmq_unfinished= rmq_journal=
  trap 'exit 143' HUP INT TERM PIPE
  trap rmq_leave 0
}
rmq_leave() {
  trap '' HUP INT TERM PIPE
  rmq_discard
  if [ "$rmq_journal" ]; then rm -f "$rmq_journal"; fi
}
rmq_guard

# Removes what killed shells of this user have left.
rmq_sweep() {
  rmq_find_boot
  for rmq_d in $rmq_directories; do
    for rmq_f in "$rmq_d"/.rmqplay-shell-[0-9]*; do
      if ! rmq_is_left "${rmq_f##*/.rmqplay-shell-}"; then continue; fi
      rmq_left=
      while IFS= read -r rmq_s; do rmq_left=$rmq_left$rmq_s$rmq_nl; done < "$rmq_f"
      rmq_left=${rmq_left%"$rmq_nl"}
      case ${rmq_left##*/} in .rmqplay-*) rmq_erase "$rmq_left" || continue ;; esac
      rmq_count 1
      rm -f "$rmq_f"
    done
  done
  for rmq_f in /var/tmp/.rmqplay-lock-*/wanted-[0-9]*; do
    if [ -L "${rmq_f%/*}" ] || ! rmq_is_left "${rmq_f##*/wanted-}"; then continue; fi
    rmq_count 2
    rm -f "$rmq_f" "${rmq_f%/*}/held-${rmq_f##*/wanted-}"
    rmdir "${rmq_f%/*}" 2>/dev/null
  done
}

# PID-START-SPACE-BOOT, a shell that made the file rmq_f: whether that is a file of this user whose
# shell was killed.
rmq_is_left() {
  if [ -L "$rmq_f" ] || ! [ -f "$rmq_f" ] || ! [ -O "$rmq_f" ] || rmq_is_running "$1"; then return 1; fi
  set -- "${1#*-*-}"
  if [ "${1#*-}" != "$rmq_boot" ]; then return; fi
  rmq_find_space
  if [ "${1%%-*}" ] && [ "${1%%-*}" = "$rmq_space" ]; then return; fi
  # In another name space, such as that of a container with the same directory, nobody can be asked,
  # not even if the shell is older than this container: no step takes a day.
  rmq_count 1
  [ "$(find "$rmq_f" -mtime +0 2>/dev/null)" ]
}
