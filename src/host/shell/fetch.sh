# PATH: its content.
rmq_fetch() {
  if [ -e "$1" ] && ! [ -f "$1" ]; then
    printf 'it is not a regular file\n' >&2
    rmq_piece 1
    return
  fi
  rmq_count 1
  cat < "$1"
  rmq_piece "$?"
}
