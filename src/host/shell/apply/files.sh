# Directories, links, attributes, times, removal.

# PATH MODE OWNER GROUP
rmq_mkdir() {
  rmq_way "${1%/*}" || { rmq_piece "$?"; return; }
  if [ -z "$2" ]; then umask "$rmq_umask"; fi
  rmq_count 1
  if [ -z "$3$4" ]; then
    mkdir ${2:+-m "$2"} "$1"
  else
    mkdir "$1" && cd "$1" && rmq_own_here "$2" "$3" "$4"
  fi
  rmq_piece "$?"
  umask 077
  cd /
}

# MODE OWNER GROUP: of the working directory, which nobody can exchange, if it is ours.
rmq_own_here() {
  [ -O . ] || { printf 'it was exchanged by somebody else\n' >&2; return 1; }
  rmq_count 1
  chown -- "$2${3:+:$3}" . || return
  if [ "$1" ]; then rmq_count 1; chmod "$1" .; fi
}

# PATH NAME TARGET BEFORE: BEFORE is empty where nothing may be there.
rmq_symlink() {
  if [ "$4" ]; then
    rmq_count 1
    if ! [ -L "$1" ] || [ "$(readlink "$1")" != "$4" ]; then rmq_piece changed; return; fi
  elif [ -e "$1" ] || [ -L "$1" ]; then
    rmq_piece changed
    return
  fi
  rmq_parent "$1" && rmq_begin "$rmq_dir$2" && rmq_count 1 && ln -s -- "$3" "$rmq_dir$2" && rmq_move "$rmq_dir$2" "$1"
  rmq_result=$?
  rmq_discard
  rmq_piece "$rmq_result"
}

# PATH NAME TARGET
rmq_hardlink() {
  if [ -d "$1" ] && ! [ -L "$1" ]; then printf 'it is a directory\n' >&2; rmq_piece 1; return; fi
  # Two names of one file are left as they are by mv.
  if ! [ -L "$1" ] && [ "$1" -ef "$3" ]; then rmq_piece 0; return; fi
  rmq_parent "$1" && rmq_begin "$rmq_dir$2" && rmq_count 1 && ln "$3" "$rmq_dir$2" && rmq_move "$rmq_dir$2" "$1"
  rmq_result=$?
  rmq_discard
  rmq_piece "$rmq_result"
}

# PATH FOLLOW MODE OWNER GROUP: without FOLLOW nothing behind a link is touched.
rmq_attributes() {
  if [ "$2" ]; then rmq_way "$1"; else rmq_way "${1%/*}"; fi
  rmq_r=$?
  if [ "$rmq_r" = 0 ] && [ "$4$5" ]; then
    rmq_count 1
    if [ "$2" ]; then chown -- "$4${5:+:$5}" "$1"; else chown -h -- "$4${5:+:$5}" "$1"; fi
    rmq_r=$?
  fi
  if [ "$rmq_r" = 0 ] && [ "$3" ]; then
    if [ -z "$2" ] && [ -L "$1" ]; then
      printf 'a symbolic link has no mode\n' >&2
      rmq_r=1
    else
      rmq_count 1
      chmod "$3" "$1"
      rmq_r=$?
    fi
  fi
  rmq_piece "$rmq_r"
}

# PATH MODIFIED ACCESSED: times as of touch -t in UTC; empty for now.
rmq_touch() {
  rmq_parent "$1" && rmq_way "$1" || { rmq_piece "$?"; return; }
  umask "$rmq_umask"
  rmq_count 1
  if [ -z "$2$3" ]; then
    touch "$1"
  else
    rmq_count 1
    TZ=UTC0 touch -m ${2:+-t "$2"} "$1" && TZ=UTC0 touch -a ${3:+-t "$3"} "$1"
  fi
  rmq_piece "$?"
  umask 077
}

# PATH
rmq_remove_file() {
  rmq_way "${1%/*}" || { rmq_piece "$?"; return; }
  if [ -d "$1" ] && ! [ -L "$1" ]; then rmq_piece changed; return; fi
  rmq_count 1
  rm -f "$1"
  rmq_piece "$?"
}

# PATH
rmq_remove_directory() {
  if ! [ -e "$1" ] && ! [ -L "$1" ]; then rmq_piece 0; return; fi
  if ! [ -d "$1" ] || [ -L "$1" ]; then rmq_piece changed; return; fi
  rmq_way "${1%/*}" && rmq_mounts_below "$1" && rmq_count 1 && rm -rf "$1"
  rmq_piece "$?"
}

# PATH: fails if a file system is mounted there or below. Where that is not to be seen, rm itself
# cannot remove a mount point.
rmq_mounts_below() {
  if ! [ -r /proc/self/mounts ]; then return; fi
  rmq_count 1
  rmq_t=$(cd -P "$1" && pwd -P)
  while IFS=' ' read -r rmq_s rmq_mount rmq_s; do
    # Blanks and the like are written as octal numbers there.
    case $rmq_mount in *\\*) rmq_count 4; rmq_mount=$(printf %b "$(printf %s "$rmq_mount" | sed 's/\\/\\0/g')") ;; esac
    case $rmq_mount/ in
    "$rmq_t"/*) printf 'a file system is mounted at %s\n' "$rmq_mount" >&2; return 1 ;;
    esac
  done < /proc/self/mounts
}

# FROM TO
rmq_rename() {
  rmq_way "${1%/*}" && rmq_parent "$2" && rmq_move "$1" "$2"
  rmq_piece "$?"
}
