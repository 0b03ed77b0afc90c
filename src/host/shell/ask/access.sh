# What the user may do with what stands at a path.

# PATH: a piece named a and those of the letters r, w and x that hold.
rmq_access() {
  rmq_s=a
  if [ -r "$1" ]; then rmq_s=${rmq_s}r; fi
  if [ -w "$1" ]; then rmq_s=${rmq_s}w; fi
  if [ -x "$1" ]; then rmq_s=${rmq_s}x; fi
  rmq_piece "$rmq_s"
}
