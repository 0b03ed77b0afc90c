# What kind of machine it is: each piece is named by what it holds, the last one end.
rmq_facts() {
  rmq_count 9
  uname -snrm
  rmq_piece system
  uname -v
  rmq_piece kernel_version
  cat /etc/os-release 2>/dev/null || cat /usr/lib/os-release 2>/dev/null
  rmq_piece os
  cat /etc/debian_version 2>/dev/null || cat /etc/redhat-release 2>/dev/null
  rmq_piece release
  cat /proc/meminfo 2>/dev/null
  rmq_piece memory
  grep -c '^processor' /proc/cpuinfo 2>/dev/null
  rmq_piece processors
  cat /proc/net/route 2>/dev/null
  rmq_piece routes
  cat /etc/hosts 2>/dev/null
  rmq_piece hosts
  # As it was before this shell changed it.
  cat "/proc/$$/environ" 2>/dev/null
  rmq_piece environment
  printf %s "$rmq_start"
  rmq_piece start
  rmq_facts_addresses
  rmq_facts_user
  printf %s "$rmq_umask"
  rmq_piece umask
  rmq_count 1
  date '+%Y %m %d %H %M %S %s %Z %z %A %w %W'
  rmq_piece date
  { IFS= read -r rmq_s < /etc/machine-id && printf %s "$rmq_s"; } 2>/dev/null
  rmq_piece machine_id
  { read -r rmq_s rmq_t < /proc/uptime && printf %s "${rmq_s%%.*}"; } 2>/dev/null
  rmq_piece uptime
  { read -r rmq_s < /proc/loadavg && printf %s "$rmq_s"; } 2>/dev/null
  rmq_piece load
  { read -r rmq_s < /proc/sys/crypto/fips_enabled && printf %s "$rmq_s"; } 2>/dev/null
  rmq_piece fips
  command -v python3 2>/dev/null
  rmq_piece python
  if [ -d /etc/ansible/facts.d ]; then printf 1; fi
  rmq_piece local
  rmq_facts_managers
  rmq_piece end
}

rmq_facts_addresses() {
  if command -v ip >/dev/null; then
    rmq_count 2
    ip -o link 2>/dev/null
    rmq_piece links
    ip -o addr 2>/dev/null
    rmq_piece addresses
  elif command -v hostname >/dev/null; then
    rmq_count 1
    hostname -I 2>/dev/null
    rmq_piece bare_addresses
  fi
}

rmq_facts_user() {
  rmq_count 2
  rmq_s=$(id -u)
  printf %s "$rmq_s"
  rmq_piece uid
  id -g
  rmq_piece gid
  if rmq_find_entry passwd "$rmq_s"; then printf %s "$rmq_entry"; fi
  rmq_piece user
}

# The service and the package manager.
rmq_facts_managers() {
  if [ -d /run/systemd/system ]; then printf systemd
  elif [ -e /sbin/openrc ]; then printf openrc
  elif [ -e /sbin/initctl ]; then printf upstart
  else printf service
  fi
  rmq_piece service_manager
  for rmq_s in apt-get dnf yum apk zypper pacman; do
    if command -v "$rmq_s" >/dev/null; then printf %s "${rmq_s%-get}"; break; fi
  done
  rmq_piece package_manager
}
