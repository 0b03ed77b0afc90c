# Writes regular files. Each request defines rmq_body, which provides the content, and
# rmq_validate.

rmq_count 1
case $(exec cp --attributes-only 2>&1) in
*nvalid\ option* | *llegal\ option* | *nrecognized\ option* | *nknown\ option*) rmq_cp= ;;
*) rmq_cp=1 ;;
esac

# PATH BEFORE: fails with 64 unless the regular file there has this digest, or there is none if
# BEFORE is empty. A link is not a file.
rmq_unchanged() {
  if [ -e "$1" ] && ! [ -f "$1" ] && ! [ -L "$1" ]; then
    printf 'a directory or special file is there\n' >&2
    return 1
  fi
  if [ -z "$2" ]; then
    if [ -e "$1" ] && ! [ -L "$1" ]; then return 64; fi
  elif [ -L "$1" ] || ! [ -f "$1" ] || ! rmq_has_digest "$2" < "$1"; then
    return 64
  fi
}

# DIGEST: whether standard input has this digest.
rmq_has_digest() {
  rmq_count 1
  rmq_s=$(exec $rmq_sha)
  [ "${rmq_s%% *}" = "$1" ]
}

# DIGEST: fails with a message unless standard input has this digest.
rmq_arrived() {
  rmq_has_digest "$1" || { printf 'it did not arrive whole\n' >&2; return 1; }
}

# PATH: copies what is possible of the owner, mode, ACL and other attributes to the new file.
rmq_inherit() {
  if [ -L "$1" ] || ! [ -f "$1" ]; then return; fi
  rmq_count 1
  if [ "$rmq_cp" ]; then
    cp --attributes-only --preserve=all --no-preserve=timestamps "$1" "$rmq_temp"
    return
  fi
  rmq_s=$(stat -c '%a %u:%g' "$1") || return
  rmq_count 2
  # Others' files become ours where only root could give them away.
  chown "${rmq_s#* }" "$rmq_temp" 2>/dev/null || :
  chmod "${rmq_s%% *}" "$rmq_temp"
}

# FILE MODE OWNER GROUP: sets those that are not empty.
rmq_own() {
  if [ "$3$4" ]; then rmq_count 1; chown -h -- "$3${4:+:$4}" "$1" || return; fi
  if [ "$2" ]; then rmq_count 1; chmod "$2" "$1"; fi
}

# PATH MODE OWNER GROUP: creates the new file as descriptor 5. It has its owner and mode before it
# has content, so nobody can read it without permission.
rmq_fill() {
  rmq_inherit "$1" && rmq_own "$rmq_temp" "$2" "$3" "$4" && rmq_body >&5 || return
  # Writing has taken the set-user-id bit away.
  case $2 in
  0[2-7]???) rmq_count 1; chmod "$2" "$rmq_temp" ;;
  '')
    if [ -L "$1" ] || ! { [ -u "$1" ] || [ -g "$1" ]; }; then return; fi
    rmq_count 2
    chmod "$(stat -c %a "$1")" "$rmq_temp"
    ;;
  esac
}

# PATH BACKUP: copies the file there, with owner and mode.
rmq_backup() {
  if [ -z "$2" ]; then return; fi
  if [ -e "$2" ] || [ -L "$2" ]; then printf '%s already exists\n' "$2" >&2; return 1; fi
  rmq_count 1
  cp -p "$1" "$rmq_temp.backup" && rmq_move "$rmq_temp.backup" "$2"
}

# PATH MODE OWNER GROUP: puts the new file in place. A file that is a mount point cannot be
# replaced, only written.
rmq_replace() {
  rmq_count 1
  dd if=/dev/null of="$rmq_temp" conv=notrunc,fsync 2>/dev/null || :
  if [ -d "$1" ]; then rmq_move "$rmq_temp" "$1"; return; fi
  rmq_count 1
  if rmq_s=$(exec $rmq_mv "$rmq_temp" "$1" 2>&1); then return; fi
  case $rmq_s in
  *busy*) rmq_count 1; cat < "$rmq_temp" > "$1" && rmq_own "$1" "$2" "$3" "$4" ;;
  *) printf '%s\n' "$rmq_s" >&2; return 1 ;;
  esac
}

# PATH NAME BEFORE DIGEST BACKUP MODE OWNER GROUP
rmq_write() {
  rmq_place "$1" "$2" && rmq_write_in_place "$@"
  rmq_result=$?
  set +C
  umask 077
  rmq_discard
  case $rmq_result in 64) rmq_result=changed ;; 65) rmq_result=invalid ;; esac
  rmq_piece "$rmq_result"
}

rmq_write_in_place() {
  set -C
  if [ -z "$3$6" ]; then umask "$rmq_umask"; fi
  # It is opened for both before it has its mode, by which even its owner may not read it.
  { set +C; umask 077; { rmq_fill "$1" "$6" "$7" "$8" && rmq_arrived "$4" <&6; } 6< "$rmq_temp"; } 5> "$rmq_temp" || return
  rmq_validate "${rmq_private:+$rmq_private/}${rmq_temp#./}" || return 65
  rmq_unchanged "$1" "$3" || return
  rmq_backup "$1" "$5" && rmq_replace "$1" "$6" "$7" "$8"
}
