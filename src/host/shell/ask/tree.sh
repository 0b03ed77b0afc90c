# Everything below a directory.

rmq_find=
# DIRECTORY DEPTH: GNU find tells all by itself (word g, fields and names ended by NUL). Others
# list the names (word n), then stat tells the rest (word s), in the same order.
rmq_tree() {
  if [ -L "$1" ] || ! [ -d "$1" ]; then rmq_piece -; return; fi
  rmq_p=$1
  if [ "$2" ]; then set -- -mindepth 1 -maxdepth "$2"; else set -- -mindepth 1; fi
  if ! command -v find >/dev/null; then rmq_piece missing; return; fi
  if [ -z "$rmq_find" ]; then
    rmq_count 1
    if find / -maxdepth 0 -printf '' 2>/dev/null; then rmq_find=gnu; else rmq_find=plain; fi
  fi
  if [ "$rmq_find" = gnu ]; then
    rmq_count 1
    find "$rmq_p" "$@" -printf '%y/%m/%U/%G/%s/%T@/%A@/%C@/%n/%i/%D/%u/%g/%p\0%l\0'
    rmq_piece "g$?"
  else
    rmq_count 3
    find "$rmq_p" "$@" -print0
    rmq_piece "n$?"
    find "$rmq_p" "$@" -exec stat $rmq_c "$rmq_format" {} +
    rmq_piece "s$?"
  fi
}
