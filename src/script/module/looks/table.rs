//! The programs that may look at a host, each with the arguments with which it only looks.

use super::Style;
use super::operand::Operands;

/// A program, or several that take the same, with the arguments with which it only looks.
pub(super) struct Program {
    /// Its names.
    pub(super) names: &'static str,
    /// The first argument is one of these, if there are any: without it, it does something else.
    pub(super) first: &'static str,
    pub(super) style: Style,
    /// The first operand, if one is given, is one of these, if there are any.
    pub(super) verbs: &'static str,
    /// Its options: `-a`, `--all`, `-o=` and `--output=` where a value follows, `-#` for a number.
    pub(super) options: &'static str,
    pub(super) operands: Operands,
}

const fn letters(names: &'static str, options: &'static str, operands: Operands) -> Program {
    Program {
        names,
        first: "",
        style: Style::Letters,
        verbs: "",
        options,
        operands,
    }
}

const fn words(names: &'static str, options: &'static str, operands: Operands) -> Program {
    Program {
        style: Style::Words,
        ..letters(names, options, operands)
    }
}

impl Program {
    const fn first(self, first: &'static str) -> Self {
        Self { first, ..self }
    }

    const fn verbs(self, verbs: &'static str) -> Self {
        Self { verbs, ..self }
    }
}

/// All of them. What each leaves out is left out because it writes (`ss -D FILE`, `df --sync`),
/// runs something (`rpm --eval`), goes elsewhere (`systemctl -H`) or never ends (`tail -f`).
/// `find` has a file of its own.
pub(super) const PROGRAMS: &[Program] = &[
    // Who.
    letters("id", "-G -Z -a -g -n -r -u -z --group --groups --name --real --user --zero", Operands::Any),
    letters("groups whoami logname arch nproc tty pwd", "--all -L -P -s", Operands::Any),
    letters("who users", "-H -a -b -q -r -u --all --boot --count --heading --runlevel", Operands::None),
    letters("getent", "", Operands::Any),
    letters("crontab", "", Operands::None).first("-l"),
    // Which machine.
    letters(
        "uname",
        "-a -i -m -n -o -p -r -s -v --all --hardware-platform --kernel-name --kernel-release \
         --kernel-version --machine --nodename --operating-system --processor",
        Operands::None,
    ),
    letters(
        "hostname",
        "-A -I -d -f -i -s --all-fqdns --all-ip-addresses --domain --fqdn --ip-address --long --short",
        Operands::None,
    ),
    letters("hostnamectl", "--json= --no-pager --pretty --static --transient", Operands::None).verbs("status"),
    letters("uptime", "-p -s --pretty --since", Operands::None),
    letters("free", "-b -g -h -k -l -m -t -w --bytes --giga --human --kilo --lohi --mega --total --wide", Operands::None),
    letters("lscpu", "-J -a -b -e -p -x --all --bytes --json", Operands::None),
    letters("lsmod getenforce", "", Operands::None),
    letters("modinfo", "-0 -F= -a -d -l -n -p --field=", Operands::Any),
    letters("getconf", "-a", Operands::Any),
    letters("printenv", "-0 --null", Operands::Any),
    letters("locale", "-a -c -k -m", Operands::Any),
    letters(
        "date",
        "-I -Idate -Ihours -Iminutes -Ins -Iseconds -R -d= -r= -u --date= --iso-8601 --iso-8601= \
         --reference= --rfc-3339= --rfc-email --universal --utc",
        Operands::DateFormats,
    ),
    letters("timedatectl", "-a -p= --all --no-pager --property= --value", Operands::None).verbs("show status"),
    // Files.
    letters(
        "ls",
        "-1 -A -C -F -G -H -L -Q -R -S -U -X -Z -a -b -c -d -f -g -h -i -k -l -m -n -o -p -q -r \
         -s -t -u -v -x --all --almost-all --author --block-size= --color= --directory --escape \
         --full-time --group-directories-first --human-readable --ignore= --inode --no-group \
         --numeric-uid-gid --quoting-style= --recursive --reverse --size --sort= --time-style= --time=",
        Operands::Any,
    ),
    letters("stat", "-L -Z -c= -f -t --dereference --file-system --format= --printf= --terse", Operands::Any),
    letters(
        "readlink realpath",
        "-P -e -f -L -m -n -q -s -v -z --canonicalize --canonicalize-existing \
         --canonicalize-missing --no-newline --relative-to= --zero",
        Operands::Any,
    ),
    letters("basename dirname", "-a -s= -z --multiple --suffix= --zero", Operands::Any),
    letters("cat", "-A -E -T -b -e -n -s -t -u -v", Operands::Files),
    letters("head tail", "-# -c= -n= -q -v --bytes= --lines= --quiet --verbose", Operands::Files),
    letters("wc", "-L -c -l -m -w --bytes --chars --lines --max-line-length --words", Operands::Files),
    letters(
        "md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum cksum",
        "-b -t -z --binary --tag --text --zero",
        Operands::Files,
    ),
    letters("cmp", "-b -l -n= -s --quiet --silent", Operands::Files),
    letters(
        "grep egrep fgrep",
        "-# -A= -B= -C= -E -F -G -H -L -P -a -b -c -h -i -l -m= -n -o -q -s -v -w -x -z \
         --after-context= --basic-regexp --before-context= --color= --context= --count \
         --extended-regexp --files-with-matches --files-without-match --fixed-strings --ignore-case \
         --invert-match --line-number --line-regexp --max-count= --no-filename --no-messages \
         --null-data --only-matching --perl-regexp --quiet --silent --text --with-filename --word-regexp",
        Operands::TextAndFiles,
    ),
    Program {
        style: Style::Operands,
        ..letters("test [", "", Operands::Condition)
    },
    letters("which", "-a", Operands::Any),
    letters("command", "", Operands::Any).first("-v -V"),
    letters("file", "-b -i -L -h --brief --mime --mime-type --mime-encoding", Operands::Files),
    // Disks.
    letters(
        "df",
        "-B= -H -P -T -a -h -i -k -l -m -t= -x= --all --block-size= --exclude-type= \
         --human-readable --inodes --local --output --output= --portability --print-type --total --type=",
        Operands::Any,
    ),
    letters(
        "du",
        "-0 -B= -D -H -L -P -S -a -b -c -d= -h -k -l -m -s -t= -x --all --apparent-size --block-size= \
         --bytes --dereference --exclude= --human-readable --max-depth= --null --one-file-system \
         --separate-dirs --summarize --total",
        Operands::Any,
    ),
    letters("mount", "-l", Operands::None),
    letters("mountpoint", "-d -q -x --fs-devno --quiet", Operands::Any),
    letters(
        "findmnt",
        "-A -D -J -M= -O= -P -R -S= -T= -a -b -f -i -k -l -n -o= -r -s -t= -u --all --bytes --df \
         --fstab --json --list --mountpoint= --noheadings --options= --output= --pairs --raw \
         --source= --submounts --target= --types=",
        Operands::Any,
    ),
    letters(
        "lsblk",
        "-D -J -O -P -S -T -a -b -d -e= -f -i -I= -l -m -n -o= -p -r -s -t -x= --all --bytes --fs \
         --json --list --nodeps --noheadings --output-all --output= --pairs --paths --raw --scsi --sort=",
        Operands::Any,
    ),
    letters("swapon", "--bytes --noheadings --raw", Operands::None).first("-s --show --summary"),
    // Processes.
    letters(
        "ps",
        "-# -A -C= -F -G= -H -L -N -T -U= -Z -a -d -e -f -g= -j -l -ly -m -o= -p= -s= -t= -u= -w -y \
         --Group= --User= --columns= --cols= --deselect --format= --forest --group= --headers \
         --no-headers --noheaders --pid= --ppid= --sid= --sort= --tty= --user= --width=",
        Operands::Any,
    ),
    letters(
        "pgrep",
        "-G= -P= -U= -a -c -d= -f -g= -i -l -n -o -s= -t= -u= -v -w -x --count --delimiter= --euid= \
         --exact --full --group= --ignore-case --inverse --list-full --list-name --newest --oldest \
         --parent= --pgroup= --session= --terminal= --uid=",
        Operands::Any,
    ),
    letters("pidof", "-s -x", Operands::Any),
    // The network.
    letters(
        "ss",
        "-0 -4 -6 -H -O -S -Z -a -b -e -i -l -m -n -o -p -r -s -t -u -w -x -z --all --extended \
         --info --ipv4 --ipv6 --listening --memory --no-header --numeric --oneline --options \
         --packet --processes --raw --resolve --summary --tcp --udp --unix",
        Operands::Any,
    ),
    letters(
        "netstat",
        "-4 -6 -W -a -e -g -i -l -n -o -p -r -s -t -u -w -x --all --extend --listening --numeric \
         --program --route --tcp --udp --unix --wide",
        Operands::None,
    ),
    words(
        "ip",
        "-4 -6 -br -brief -d -details -h -human -j -json -N -o -oneline -p -pretty -s -stats \
         -statistics -t -timestamp",
        Operands::Network,
    ),
    // Settings of the kernel; its names have points, never blanks.
    letters("sysctl", "-N -a -b -e -n -q --all --binary --ignore --names --values", Operands::Settings),
    // Services.
    letters(
        "systemctl",
        "-a -l -n= -o= -p= -q -t= --all --full --lines= --no-legend --no-pager --output= --plain \
         --property= --quiet --state= --system --type= --value --version",
        Operands::Any,
    )
    .verbs(
        "cat get-default is-active is-enabled is-failed is-system-running list-dependencies \
         list-jobs list-sockets list-timers list-unit-files list-units show status",
    ),
    letters(
        "journalctl",
        "-S= -U= -a -b -e -g= -k -l -n= -o= -p= -q -r -t= -u= -x --all --dmesg --full --grep= \
         --identifier= --lines= --no-full --no-hostname --no-pager --no-tail --output= --priority= \
         --quiet --reverse --since= --unit= --until= --utc",
        Operands::None,
    ),
    // Packages.
    words(
        "rpm",
        "-a -i -l --all --changelog --conffiles --conflicts --last --provides --qf= \
         --queryformat= --requires --whatprovides",
        Operands::Packages,
    )
    .first("-q -qR -qa -qc -qd -qf -qi -ql -qs --query"),
    letters(
        "dpkg-query",
        "-L -S -W -f= -l -p -s --list --listfiles --print-avail --search --show --showformat= --status",
        Operands::Any,
    ),
    words("dpkg", "", Operands::Any).first(
        "-L -S -l -s --get-selections --list --listfiles --print-architecture --search --status --version",
    ),
    // Versions.
    words("java javac", "", Operands::None).first("-version -fullversion --version"),
    words("bash curl gcc git gzip node perl python python3 rpm tar", "", Operands::None).first("--version"),
    words("openssl", "-a -d -v", Operands::None).first("version"),
    words("nginx", "", Operands::None).first("-v -V"),
    words("ssh", "", Operands::None).first("-V"),
];
