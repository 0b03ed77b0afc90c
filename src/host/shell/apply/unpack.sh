# Archives.

# DIRECTORY: unpacks the tar stream from descriptor 3. Its modes count, its owners do not; a
# directory on the way that it does not list is made as usual.
rmq_unpack() {
  command -v tar >/dev/null || { rmq_piece missing; return; }
  rmq_count 1
  ( umask 022; exec tar -xpof - -C "$1" <&3 )
  rmq_piece "$?"
}

# OWNER PATH…: gives entries to an owner, group or both (OWNER:GROUP).
rmq_give() {
  rmq_count 1
  chown -h -- "$@"
  rmq_piece "$?"
}
