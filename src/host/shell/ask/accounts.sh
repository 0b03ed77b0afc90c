# Users and groups.

# DATABASE KEY: the entry of passwd or group with this name or number.
rmq_entry() {
  if command -v getent >/dev/null; then
    rmq_count 1
    getent "$1" "$2"
    return
  fi
  while IFS= read -r rmq_s; do
    rmq_t=${rmq_s#*:*:}
    case $rmq_s in "$2":*) printf '%s\n' "$rmq_s"; return ;; esac
    if [ "${rmq_t%%:*}" = "$2" ]; then printf '%s\n' "$rmq_s"; return; fi
  done < "/etc/$1"
  return 2
}

# NAME: the entry, then the names of the primary and of all groups.
rmq_user() {
  rmq_entry passwd "$1"
  rmq_r=$?
  rmq_piece "$rmq_r"
  if [ "$rmq_r" != 0 ]; then return; fi
  rmq_count 2
  id -gn "$1"
  rmq_piece "$?"
  id -Gn "$1"
  rmq_piece "$?"
}

# NAME: the entry.
rmq_group() {
  rmq_entry group "$1"
  rmq_piece "$?"
}
