# What the user may do with a path.

# PATH: a piece named a, with those of the letters r, w and x that apply.
rmq_access() {
  rmq_s=a
  if [ -r "$1" ]; then rmq_s=${rmq_s}r; fi
  if [ -w "$1" ]; then rmq_s=${rmq_s}w; fi
  if [ -x "$1" ]; then rmq_s=${rmq_s}x; fi
  rmq_piece "$rmq_s"
}
