# Whether a TCP port is open, where the connection to the host cannot try it.

# HOST PORT: listening sockets for an address of this machine (piece table), else a connection made
# by a program of the machine (piece 0 or another status), else piece missing.
rmq_port() {
  case $1 in
  127.* | ::1 | localhost | 0.0.0.0 | ::)
    if [ -r /proc/net/tcp ]; then
      rmq_count 1
      cat /proc/net/tcp /proc/net/tcp6 2>/dev/null
      rmq_piece table
      return
    fi
    ;;
  esac
  if command -v bash >/dev/null && command -v timeout >/dev/null; then
    rmq_count 1
    timeout 5 bash -c 'exec 4<>"/dev/tcp/$0/$1"' "$1" "$2" 2>/dev/null
  elif command -v nc >/dev/null; then
    rmq_count 1
    nc -z -w 5 "$1" "$2" 2>/dev/null
  else
    rmq_piece missing
    return
  fi
  rmq_piece "$?"
}
