# Users and groups.

# DATABASE KEY: sets rmq_entry to the entry of passwd or group with this name or number.
rmq_find_entry() {
  if command -v getent >/dev/null; then
    rmq_count 1
    rmq_entry=$(exec getent "$1" "$2")
    return
  fi
  while IFS= read -r rmq_entry; do
    rmq_t=${rmq_entry#*:*:}
    case $rmq_entry in "$2":*) return ;; esac
    if [ "${rmq_t%%:*}" = "$2" ]; then return; fi
  done < "/etc/$1"
  return 2
}

# DATABASE KEY: a piece with the entry.
rmq_tell_entry() {
  rmq_find_entry "$1" "$2"
  rmq_r=$?
  if [ "$rmq_r" = 0 ]; then printf %s "$rmq_entry"; fi
  rmq_piece "$rmq_r"
  return "$rmq_r"
}

# KEY: the entry, then the names of the primary and of all groups.
rmq_user() {
  rmq_tell_entry passwd "$1" || return
  rmq_count 2
  id -gn "${rmq_entry%%:*}"
  rmq_piece "$?"
  id -Gn "${rmq_entry%%:*}"
  rmq_piece "$?"
}
