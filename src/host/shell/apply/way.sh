# Links on the way to what is changed. A link that another user made is followed only to what is
# that user's own: so nobody leads a change to where they could not make it themselves.

# PATH: fails with 66, and tells the link and its owner, if the way to PATH and on behind it goes
# through such a link.
rmq_way() {
  # Without links and `..` this is all, and starts nothing.
  if ! [ -L "$1" ] && CDPATH= cd -P "${1%/*}/" 2>/dev/null; then
    rmq_s=${PWD%/}
    cd /
    if [ "$rmq_s" = "${1%/*}" ]; then return; fi
  fi
  rmq_at= rmq_rest=$1/ rmq_n=40
  while [ "$rmq_rest" ] && [ "$rmq_n" != 0 ]; do
    rmq_next=$rmq_at/${rmq_rest%%/*}
    rmq_rest=${rmq_rest#*/}
    if ! [ -L "$rmq_next" ]; then rmq_at=${rmq_next%/}; continue; fi
    rmq_may_follow "$rmq_next" || return
    rmq_count 1
    rmq_s=$(exec readlink "$rmq_next")
    case $rmq_s in /*) rmq_at= ;; esac
    rmq_rest=$rmq_s/$rmq_rest
    rmq_n=$((rmq_n - 1))
  done
}

# LINK
rmq_may_follow() {
  rmq_count 1
  rmq_s=$(exec stat -c '%u %U' "$1") || return
  if [ "${rmq_s%% *}" = 0 ]; then return; fi
  rmq_count 1
  if [ "${rmq_s%% *}" = "$(exec id -u)" ]; then return; fi
  rmq_count 1
  if [ "${rmq_s%% *}" = "$(exec stat -L -c %u "$1" 2>/dev/null)" ]; then return; fi
  # Not every user has a name.
  case ${rmq_s#* } in '' | UNKNOWN) rmq_s="- ${rmq_s%% *}" ;; esac
  printf '%s %s' "${rmq_s#* }" "$1"
  return 66
}
