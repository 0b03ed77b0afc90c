# Replaces what is at a path with something new.

# Only GNU's replaces a link to a directory; others move things into the directory, or fail.
rmq_count 1
case $(exec mv --version 2>/dev/null) in
*GNU*) rmq_mv='mv -fT' ;;
*) rmq_mv='mv -f' ;;
esac

# FROM TO: renames a file within a file system, atomically. A link there is replaced, not
# followed.
rmq_move() {
  if [ "$rmq_mv" = 'mv -f' ] && [ -d "$2" ]; then rmq_move_over_directory "$1" "$2"; return; fi
  rmq_count 1
  $rmq_mv "$1" "$2"
}

# FROM TO: the same if TO is a link to a directory: a file moved into its parent directory under
# the same name replaces it.
rmq_move_over_directory() {
  if ! [ -L "$2" ]; then printf '%s is a directory\n' "$2" >&2; return 1; fi
  rmq_count 4
  mkdir "$1.way" || return
  mv -f "$1" "$1.way/${2##*/}" && mv -f "$1.way/${2##*/}" "${2%/*}/"
  rmq_r=$?
  if [ "$rmq_r" != 0 ]; then rmq_count 1; rm -f "$1.way/${2##*/}"; fi
  rmdir "$1.way"
  return "$rmq_r"
}

# PATH: sets rmq_dir to its directory, with a slash at the end, if it may be changed.
rmq_parent() {
  rmq_dir=${1%/*}/
  [ -d "$rmq_dir" ] || { printf 'there is no directory %s\n' "$rmq_dir" >&2; return 1; }
  rmq_way "${1%/*}"
}

# PATH NAME: sets rmq_temp to a path for a new file that nobody else can touch. In a directory of
# another user it is inside a directory of our own, which becomes the working directory so that it
# cannot be swapped on the way.
rmq_place() {
  rmq_parent "$1" || return
  rmq_private=
  rmq_temp=$rmq_dir$2
  rmq_begin "$rmq_temp"
  # Ours, or sticky: others cannot remove what is ours.
  if [ -O "$rmq_dir" ] || [ -k "$rmq_dir" ]; then return; fi
  rmq_count 1
  mkdir "$rmq_temp" || return
  rmq_private=$rmq_temp
  rmq_temp=./file
  cd "$rmq_private" && [ -O . ]
}
