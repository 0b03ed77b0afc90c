# What is at paths. Paths are absolute, so none is mistaken for an option.

# The first letter is the base of the mode: hexadecimal with the type, or octal with it. The last
# one protects newlines at the end of a name when the output is substituted.
rmq_count 1
if stat -c %f / >/dev/null 2>&1; then
  rmq_c=-c rmq_format='x%f/%u/%g/%s/%Y/%X/%Z/%h/%i/%d/%U/%G/%N|'
else
  rmq_c=-f rmq_format='o%p/%u/%g/%z/%m/%a/%c/%l/%i/%d/%Su/%Sg/%N%SY|'
fi

# The command that prints the digest and name of files, or of standard input.
if command -v sha256sum >/dev/null; then rmq_sha=sha256sum
elif command -v shasum >/dev/null; then rmq_sha='shasum -a 256'
elif command -v openssl >/dev/null; then rmq_sha='openssl dgst -sha256 -r'
else rmq_sha=sha256sum
fi

# FOLLOW PATH…: one piece with a line for each existing path. FOLLOW is -L or empty.
rmq_stat() {
  rmq_count 1
  rmq_f=$1
  shift
  stat $rmq_f $rmq_c "$rmq_format" "$@"
  rmq_piece "$?"
}

# FOLLOW PATH: whether there is a regular file.
rmq_is_file() { [ -f "$2" ] && { [ "$1" ] || [ ! -L "$2" ]; }; }

# FOLLOW PATH…: one piece with a line for each path that is a regular file.
rmq_digests() {
  rmq_f=$1
  shift
  rmq_n=$#
  for rmq_p do
    if rmq_is_file "$rmq_f" "$rmq_p"; then set -- "$@" "$rmq_p"; fi
  done
  shift "$rmq_n"
  if [ $# -gt 0 ]; then rmq_count 1; $rmq_sha "$@"; fi
  rmq_piece "$?"
}

# FOLLOW SIZE PATH…: three pieces with what is at the paths, the digests of the regular files, and the
# contents of those below SIZE bytes, one after the other.
rmq_looks() {
  rmq_f=$1
  rmq_s=$2
  shift 2
  rmq_stat "$rmq_f" "$@"
  rmq_digests "$rmq_f" "$@"
  rmq_n=$#
  for rmq_p do
    if rmq_is_file "$rmq_f" "$rmq_p" && [ -s "$rmq_p" ]; then set -- "$@" "$rmq_p"; fi
  done
  shift "$rmq_n"
  if [ $# -gt 0 ]; then
    rmq_count 2
    find $rmq_f "$@" -maxdepth 0 -type f -size "-${rmq_s}c" -exec cat {} +
  fi
  rmq_piece "$?"
}

# FOLLOW WANTED NUMBER PATH: a piece with the node there, and for a regular file one with its
# content (word c) or its digest (word d). WANTED is upto (NUMBER bytes) or from (byte NUMBER).
rmq_look() {
  rmq_count 1
  if ! rmq_is_file "$1" "$4"; then
    stat $1 $rmq_c "$rmq_format" "$4" 2>&1
    rmq_piece "s$?"
    return
  fi
  rmq_s=$(exec stat $1 $rmq_c "$rmq_format" "$4" 2>&1)
  rmq_r=$?
  printf '%s\n' "$rmq_s"
  rmq_piece "s$rmq_r"
  if [ "$rmq_r" != 0 ]; then return; fi
  rmq_s=${rmq_s#*/*/*/}
  rmq_s=${rmq_s%%/*}
  case $2 in
  upto) if [ "$rmq_s" -le "$3" ]; then rmq_content "$4"; else rmq_digest "$4"; fi ;;
  from) rmq_tail "$3" "$rmq_s" "$4" ;;
  esac
}

rmq_content() { rmq_count 1; cat < "$1"; rmq_piece "c$?"; }

rmq_digest() { rmq_count 1; $rmq_sha < "$1"; rmq_piece "d$?"; }

# FROM SIZE PATH: at most 1 MiB from a byte on.
rmq_tail() {
  if [ "$2" -le "$1" ]; then
    rmq_piece c0
  elif [ $(($2 - $1)) -le 1048576 ]; then
    rmq_count 1
    tail -c "+$(($1 + 1))" < "$3"
    rmq_piece "c$?"
  else
    rmq_count 2
    tail -c "+$(($1 + 1))" < "$3" | head -c 1048576
    rmq_piece "c$?"
  fi
}

# PATH: the target of a link, to the byte.
rmq_target() {
  rmq_count 1
  readlink -n "$1"
  rmq_piece "$?"
}
