# Archives.

# DIRECTORY NAME: unpacks the tar stream from descriptor 3 there: first below the name, so that no
# file is ever half in its place. Its modes count, its owners do not; a directory on the way that it
# does not list is made as usual.
rmq_unpack() {
  command -v tar >/dev/null || { rmq_piece missing; return; }
  rmq_way "$1" || { rmq_piece "$?"; return; }
  rmq_temp=$1/$2
  rmq_begin "$rmq_temp"
  rmq_count 2
  # Without the set-group-ID bit, which tar would leave on some of the directories.
  mkdir -m 00700 "$rmq_temp" && rmq_extract && rmq_give_group "$1" && rmq_merge "$rmq_temp" "$1"
  rmq_result=$?
  rmq_discard
  rmq_piece "$rmq_result"
}

# Not every tar says why it could not write.
rmq_extract() {
  ( umask "$rmq_umask"; exec tar -xpof - -C "$rmq_temp" <&3 ) && return
  rmq_count 1
  rmq_s=$(exec dd if=/dev/zero of="$rmq_temp/room" bs=65536 count=1 2>&1) || printf '%s\n' "${rmq_s%%$rmq_nl*}" >&2
  return 1
}

# DIRECTORY: gives what was unpacked the group that this directory gives to what is made in it.
rmq_give_group() {
  if ! [ -g "$1" ]; then return; fi
  rmq_count 2
  rmq_s=$(stat -L -c %g "$1") && chgrp -hR "$rmq_s" "$rmq_temp"
}

# FROM TO: moves what is in a directory into another one. Where both have a directory of one name,
# what is in that.
rmq_merge() {
  for rmq_p in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    if ! [ -d "$rmq_p" ] || [ -L "$rmq_p" ]; then continue; fi
    if [ -d "$2/${rmq_p##*/}" ]; then
      if [ -L "$2/${rmq_p##*/}" ]; then rmq_way "$2/${rmq_p##*/}" || return; fi
      rmq_merge "$rmq_p" "$2/${rmq_p##*/}" || return
    elif ! [ -w "$rmq_p" ]; then
      rmq_move_closed "$rmq_p" "$2/${rmq_p##*/}" || return
    fi
  done
  rmq_from=$1
  rmq_to=$2
  set --
  for rmq_p in "$rmq_from"/* "$rmq_from"/.[!.]* "$rmq_from"/..?*; do
    if [ -d "$rmq_p" ] && ! [ -L "$rmq_p" ] && [ -d "$rmq_to/${rmq_p##*/}" ]; then continue; fi
    if [ -e "$rmq_p" ] || [ -L "$rmq_p" ]; then set -- "$@" "$rmq_p"; fi
    if [ $# = 200 ]; then
      rmq_count 1
      mv -f "$@" "$rmq_to/" || return
      set --
    fi
  done
  if [ $# != 0 ]; then
    rmq_count 1
    mv -f "$@" "$rmq_to/"
  fi
}

# FROM TO: moves a directory that may not be written, which its user may not do as it is.
rmq_move_closed() {
  rmq_count 4
  rmq_s=$(stat -c %a "$1") && chmod u+w "$1" && mv -f "$1" "$2" && chmod "0000$rmq_s" "$2"
}

# OWNER PATH…: gives entries to an owner, group or both (OWNER:GROUP).
rmq_give() {
  rmq_count 1
  chown -h -- "$@"
  rmq_piece "$?"
}
