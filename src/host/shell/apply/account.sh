# Users and groups, by the programs of shadow or else those of busybox.

# COMMAND…: runs it.
rmq_do() { rmq_count 1; "$@" </dev/null; }

# NAME: whether the program is there.
rmq_has() { command -v "$1" >/dev/null; }

# NAME…: says that neither is there.
rmq_lacks() { printf 'the host has no %s\n' "$*" >&2; return 1; }

# NAME HASH: sets the password.
rmq_password() {
  rmq_has chpasswd || { rmq_lacks chpasswd; return; }
  rmq_count 2
  printf '%s:%s\n' "$1" "$2" | chpasswd -e
}

# NAME GROUP HOME MODE SKELETON: makes the home directory, if nothing is there.
rmq_home() {
  if [ -e "$3" ] || [ -L "$3" ]; then return; fi
  rmq_do mkdir -m "$4" "$3" || return
  if [ -d "$5" ]; then rmq_do cp -R "$5/." "$3" || return; fi
  rmq_do chmod "$4" "$3" || return
  rmq_do chown -hR "$1:$2" "$3"
}
