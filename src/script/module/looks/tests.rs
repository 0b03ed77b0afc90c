//! Which commands only look: those that people use, and the ways in which they could do more.

use super::{is_harmless, only_looks};
use crate::host::Command;
use proptest::prelude::*;

fn looks(line: &str) -> bool {
    only_looks(&Command::new(line.split_whitespace()))
}

#[test]
fn commands_that_look_are_let_through() {
    let refused: Vec<_> = LOOKS.lines().filter(|line| !looks(line)).collect();
    assert!(refused.is_empty(), "{refused:#?}");
}

#[test]
fn commands_that_may_do_more_are_refused() {
    let taken: Vec<_> = DO_MORE.lines().filter(|line| looks(line)).collect();
    assert!(taken.is_empty(), "{taken:#?}");
}

#[test]
fn the_guide_names_every_program() {
    let guide = std::fs::read_to_string("docs/rhai-modules.md").unwrap();
    let words: Vec<_> = guide.split([' ', '\n', '`']).collect();
    let names = super::PROGRAMS
        .iter()
        .flat_map(|entry| entry.names.split(' '));
    let missing: Vec<_> = names.filter(|name| !words.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn a_path_is_looked_at_from_the_folder_of_the_command() {
    for (folder, line, expected) in [
        ("/etc", "cat hosts", true),
        ("/dev", "cat watchdog", false),
        ("/dev/shm", "cat ../watchdog", false),
        ("/", "head -n 1 dev/watchdog", false),
        ("/proc/self", "cat root/dev/watchdog", false),
        ("/proc/self", "cat status", true),
    ] {
        let mut command = Command::new(line.split(' '));
        command.chdir = Some(folder.into());
        assert_eq!(only_looks(&command), expected, "{folder}: {line}");
    }
}

#[test]
fn a_word_with_a_blank_is_one_word() {
    for (words, expected) in [
        (&["date", "-d", "1 day ago", "+%F %T"][..], true),
        (&["date", "-d", "1 day ago", "12312359"], false),
        (&["ls", "-l /etc"], false),
        (&["id", "root", "-u"], true),
        (&["id\0", "root"], false),
        (&["id", "ro\0ot"], false),
        (&["find", "/etc", "-name", "a b"], true),
        (&["id -u"], false),
        (&[""], false),
        (&[], false),
    ] {
        let command = Command::new(words.iter().copied());
        assert_eq!(only_looks(&command), expected, "{words:?}");
    }
}

#[test]
fn variables_that_only_change_how_something_is_shown_are_known() {
    for name in ["LANG", "LC_ALL", "TZ", "COLUMNS"] {
        assert!(is_harmless(name), "{name}");
    }
    for name in [
        "PATH",
        "LD_PRELOAD",
        "JAVA_TOOL_OPTIONS",
        "PAGER",
        "lang",
        "",
    ] {
        assert!(!is_harmless(name), "{name}");
    }
}

/// Options that write, run or set something in one of the programs of the table.
const WRITING: &[&str] = &[
    "-batch",
    "-b/tmp/x",
    "--batch",
    "-delete",
    "-exec",
    "-execdir",
    "-ok",
    "-okdir",
    "-fprint",
    "-fprint0",
    "-fprintf",
    "-fls",
    "-w",
    "--write",
    "-s2020-01-01",
    "--set=2020-01-01",
    "--set",
    "-D/tmp/x",
    "--diag=/tmp/x",
    "-K",
    "--kill",
    "-H",
    "--host=x",
    "-Mx",
    "--machine=x",
    "--eval=%(id)",
    "-E%(id)",
    "--define=x",
    "--pipe=id",
    "--load=x",
    "-Vv",
    "--verify",
    "--sync",
    "--vacuum-size=1",
    "--rotate",
    "--flush",
    "--compress-program=id",
    "--root=/x",
    "--image=x",
    "--import",
    "--rebuilddb",
    "--poll",
    "--follow",
    "-C/tmp/x",
    "-y",
    "-F/tmp/x",
    "-p/tmp/x",
    "--system",
    "--checkpoint-action=exec=id",
    "-c",
    "-e",
    "-XX:OnError=id",
    "-jar",
];

/// Programs that have such options, and what they are given so that they look.
const PROGRAMS: &[(&str, &str)] = &[
    ("ip", "addr show"),
    ("find", "/etc"),
    ("date", "+%s"),
    ("hostname", ""),
    ("java", "-version"),
    ("openssl", "version"),
    ("bash", "--version"),
    ("crontab", "-l"),
    ("mount", ""),
    ("uname", ""),
];

proptest! {
    #[test]
    fn no_writing_option_gets_in_anywhere(
        (program, given) in prop::sample::select(PROGRAMS),
        option in prop::sample::select(WRITING),
        at in 0_usize..4,
    ) {
        let mut words: Vec<&str> = given.split_whitespace().collect();
        // What writes in one program may be harmless in another.
        let harmless = [("find", "-H"), ("date", "-delete")];
        prop_assume!(!harmless.contains(&(program, option)));
        words.insert(at.min(words.len()), option);
        words.insert(0, program);
        prop_assert!(!only_looks(&Command::new(words.clone())), "{words:?}");
    }

    #[test]
    fn a_program_elsewhere_may_be_anything(folder in "(/[a-z.]{0,6}){0,3}") {
        let known = ["/bin", "/sbin", "/usr/bin", "/usr/sbin"].contains(&folder.as_str());
        let looks = only_looks(&Command::new([format!("{folder}/id")]));
        prop_assert_eq!(looks, known);
    }

    #[test]
    fn a_program_that_is_not_in_the_table_is_refused(
        words in prop::collection::vec("[a-z0-9=/.-]{1,8}", 1..5),
        program in prop::sample::select(&[
            "sh", "dash", "rm", "tee", "dd", "touch", "sort", "uniq", "sed", "awk", "env", "xargs",
            "sudo", "su", "nohup", "setsid", "timeout", "busybox", "kill", "curl -o", "wget", "apt",
            "dnf", "yum", "service", "init", "reboot", "blkid", "ldd", "exec", "eval", "source", ".",
        ][..]),
    ) {
        let all = program.split(' ').map(str::to_owned).chain(words);
        prop_assert!(!only_looks(&Command::new(all)));
    }
}

const LOOKS: &str = "\
id
id -un root
/bin/id -u
/usr/bin/getent passwd root
getent hosts db1 db2
uname -srm
hostname
hostname -f
hostname --all-ip-addresses
stat -c %a /etc/passwd
stat --format=%U:%G /dev/null
ls -la /etc /dev
ls -1 -- -x
cat /etc/hosts
cat -
cat /proc/swaps
cat /proc/sys/vm/swappiness
cat /sys/block/sda/queue/scheduler
head -n 5 /etc/hosts
head -5 /etc/hosts
tail -n5 /var/log/messages
readlink -f /etc/alternatives/java
test -f /etc/hosts
[ -d /etc -a ! -L /etc ]
test a = b
df -Pk /data
df --output=avail /data
du -sh --max-depth=1 /var
ps -ef
ps aux
ps -eo pid,args --no-headers
ps -C java -o pid=
ss -ltn
ss -Htnlp sport = :9876
netstat -tlnp
ip addr
ip a
ip -4 -o addr show dev eth0
ip -j route list table main
ip link ls up
sysctl -n vm.swappiness
sysctl -a
sysctl vm.swappiness fs.file-max
systemctl
systemctl show -p MainPID --value sshd
systemctl is-active sshd.service
systemctl is-enabled --quiet sshd
systemctl --no-pager status sshd
systemctl list-units --type=service --state=running
systemctl cat sshd
journalctl -u sshd -n 20 --no-pager -o json
rpm -q bash
rpm -qa
rpm -q --qf %{VERSION} bash
rpm -q --queryformat=%{NAME}-%{VERSION} bash
rpm -qf /bin/bash
dpkg-query -W -f=${Version} bash
dpkg-query -W -f ${Version} bash
dpkg -l bash
dpkg -s bash
dpkg --print-architecture
java -version
locale
locale -a
timedatectl
timedatectl show -p Timezone --value
mount
findmnt -n -o FSTYPE /data
lsblk -J
nproc
nproc --all
free -m
uptime -p
date
date -u +%s
date -d yesterday +%F
date -d -1day +%F
date -Iseconds
which java
command -v java
sha256sum /etc/hosts
wc -l /etc/passwd
grep -c processor /proc/cpuinfo
grep -q /dev/sda /proc/mounts
grep -E -A 2 a|b /etc/hosts
find /etc -maxdepth 1 -name *.conf -type f
find /data ! -user rocketmq -mtime -1 -print -quit
find /var/log ( -name a -o -name b ) -size +10k -printf %p
swapon --show --noheadings
crontab -l
pgrep -f mqbroker
pidof java
openssl version
python3 --version
ssh -V
nginx -v
getconf PAGE_SIZE
mountpoint -q /data
hostnamectl";

const DO_MORE: &str = "\
sh -c id
/tmp/id
./id
bin/id
/bin/../tmp/id
/usr/local/bin/id
id --help=x
getent -s files passwd
hostname new
hostname -F /tmp/name
hostname --file=/tmp/name
hostname -b
hostname -- new
stat --foo
ls --hyperlink=x
cat /dev/watchdog
cat //dev//watchdog
cat /etc/../dev/watchdog
cat ../dev/watchdog
cat /proc/self/root/dev/watchdog
cat /proc/kmsg
cat /sys/kernel/debug/tracing/trace_pipe
head -n 1 /dev/st0
tail -f /var/log/messages
tail -F /var/log/messages
tail --follow /var/log/messages
test -v a[$(id)]
test a[$(id)] -eq 1
[ -R x ]
df --sync
ss -K dst 10.0.0.1
ss --kill
ss -D /tmp/x
ss -lD/tmp/x
ss --diag=/tmp/x
ss -F /tmp/x
ip -batch /tmp/x
ip -b /tmp/x addr
ip -force -batch /tmp/x
ip -n x addr
ip -netns x addr
ip addr add 10.0.0.1/8 dev eth0
ip addr flush dev eth0
ip addr show -batch /tmp/x
ip link set eth0 down
ip route del default
ip netns exec x id
ip vrf exec x id
ip a s x
ip
sysctl -w vm.swappiness=1
sysctl vm.swappiness=1
sysctl vm.swappiness = 1
sysctl -n vm.swappiness=1
sysctl -p
sysctl --load=/tmp/x
sysctl --system
systemctl start sshd
systemctl --host=x show sshd
systemctl -H x show sshd
systemctl show -H x sshd
systemctl -M x status
systemctl --root=/x is-enabled sshd
systemctl --image=/x is-enabled sshd
systemctl edit sshd
systemctl daemon-reload
systemctl set-default x
systemctl --now show
systemctl -p --host=x show
journalctl --vacuum-size=1M
journalctl --rotate
journalctl --flush
journalctl -f
journalctl --cursor-file=/tmp/x
rpm
rpm bash
rpm -i bash.rpm
rpm -e bash
rpm -V bash
rpm -q --eval %(id)
rpm -q -D x
rpm -q --pipe id
rpm -q %(id)
rpm -qf x%(id)
rpm -qp http://x/y.rpm
rpm -q --qf %{DESCRIPTION:expand} bash
rpm -q --qf=%{DESCRIPTION:expand} bash
rpm -qa --root=/x
rpm --rebuilddb
dpkg -i x.deb
dpkg -r x
dpkg -l x -i x.deb
dpkg --pre-invoke=id -l
dpkg
dpkg-query --admindir=/x -l
java
java -jar x.jar
java -version -jar x.jar
java -XX:OnError=id -version
/opt/jdk/bin/java -version
locale --foo
timedatectl set-time 2020-01-01
timedatectl -H x show
hostnamectl hostname x
hostnamectl set-hostname x
mount -a
mount /dev/sda /mnt
mount -o remount,rw /
findmnt --poll
date -s 2020-01-01
date --set=2020-01-01
date --set 2020-01-01
date --se 2020-01-01
date -us 2020-01-01
date 010100002020
date -d x 010100002020
date -- 010100002020
free -s 1
command touch x
command
command -p touch x
grep -f /dev/watchdog x
grep -e x /dev/watchdog
grep x /dev/watchdog
grep -r x /
sha256sum -c /tmp/sums
sha256sum /dev/watchdog
sort -o /tmp/x /etc/hosts
wc --files0-from=/tmp/x
find /tmp -delete
find /tmp -exec rm {} ;
find /tmp -execdir rm {} ;
find /tmp -ok rm {} ;
find /tmp -okdir rm {} ;
find /tmp -fprint /tmp/x
find /tmp -fprint0 /tmp/x
find /tmp -fprintf /tmp/x %p
find /tmp -fls /tmp/x
find /tmp -name -delete
find /tmp -printf -delete
find -D exec /tmp
find -files0-from /tmp/x
find /tmp -name
crontab
crontab -
crontab -r
crontab /tmp/x
crontab -l -u root /tmp/x
swapon
swapon -a
swapon /dev/sda2
swapon --show -a
bash
bash -c id
bash --version -c id
python3
python3 -c x
python3 --version x
perl -e x
node
tar -xf x
openssl
openssl version -x
openssl rand -out /tmp/x 5
nginx
nginx -s stop
ssh x id
ssh -V x
curl -o /tmp/x http://x
git gc
env id
sudo id
busybox id
pkill java
uniq a b";
