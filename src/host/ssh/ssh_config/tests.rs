//! Tests of the `ssh_config` reader: its settings for a host are those of `ssh -G`.

use super::*;
use std::collections::BTreeMap;

/// The compared settings, as named by `ssh -G`.
const COMPARED: [&str; 15] = [
    "connecttimeout",
    "globalknownhostsfile",
    "hashknownhosts",
    "hostkeyalias",
    "hostname",
    "identitiesonly",
    "identityagent",
    "identityfile",
    "port",
    "proxycommand",
    "proxyjump",
    "serveraliveinterval",
    "stricthostkeychecking",
    "user",
    "userknownhostsfile",
];

type Settings = BTreeMap<String, Vec<String>>;

#[expect(
    clippy::disallowed_methods,
    reason = "the reader is compared with ssh itself"
)]
fn said_by_ssh(file: &Path, arguments: &[&str]) -> Settings {
    let output = std::process::Command::new("ssh")
        .args(["-G", "-F"])
        .arg(file)
        .args(arguments)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let mut settings = Settings::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let (keyword, value) = line.split_once(' ').unwrap_or((line, ""));
        if COMPARED.contains(&keyword) {
            let values = settings.entry(keyword.to_owned()).or_default();
            values.push(value.to_owned());
        }
    }
    settings
}

/// Returns the settings of `options` over the defaults of ssh.
fn said_by_us(options: &Options, host: &str) -> Settings {
    let mut settings = said_by_ssh(Path::new("/dev/null"), &[host]);
    let mut set = |keyword: &str, values: Vec<String>| {
        settings.insert(keyword.to_owned(), values);
    };
    let flag = |value: bool| if value { "yes" } else { "no" }.to_owned();
    set("hostname", vec![host_name(options, host)]);
    if let Some(user) = &options.user {
        set("user", vec![user.clone()]);
    }
    if let Some(port) = options.port {
        set("port", vec![port.to_string()]);
    }
    if !options.identity_files.is_empty() {
        set("identityfile", options.identity_files.clone());
    }
    if let Some(value) = options.identities_only {
        set("identitiesonly", vec![flag(value)]);
    }
    if let Some(value) = options.hash_known_hosts {
        set("hashknownhosts", vec![flag(value)]);
    }
    for (keyword, value) in [
        ("identityagent", &options.identity_agent),
        ("hostkeyalias", &options.host_key_alias),
    ] {
        if let Some(value) = value {
            set(keyword, vec![value.clone()]);
        }
    }
    for (keyword, value) in [
        ("userknownhostsfile", &options.user_known_hosts),
        ("globalknownhostsfile", &options.global_known_hosts),
    ] {
        if let Some(value) = value {
            set(keyword, vec![value.join(" ")]);
        }
    }
    match &options.proxy {
        Some(Proxy::Jump(jump)) => set("proxyjump", vec![jump.clone()]),
        Some(Proxy::Command(command)) => set("proxycommand", vec![command.clone()]),
        Some(Proxy::None) | None => {}
    }
    if let Some(checking) = options.checking {
        let word = match checking {
            Checking::Yes => "true",
            Checking::Ask => "ask",
            Checking::AcceptNew => "accept-new",
            Checking::No => "false",
        };
        set("stricthostkeychecking", vec![word.to_owned()]);
    }
    if let Some(timeout) = options.connect_timeout {
        let value = timeout.map_or("none".to_owned(), |timeout| timeout.as_secs().to_string());
        set("connecttimeout", vec![value]);
    }
    if let Some(seconds) = options.alive_interval {
        set("serveraliveinterval", vec![seconds.to_string()]);
    }
    settings
}

fn options(config: &SshConfig, host: &str, given: Options) -> Options {
    let query = Query {
        host,
        local_user: "root",
    };
    config.options(&query, given)
}

/// Compares every host of `hosts` (`user@host` gives a user as `ssh -l` does).
fn check(files: &[(&str, &str)], hosts: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text.replace("DIR", place)).unwrap();
    }
    let file = folder.path().join("config");
    let mut config = SshConfig::default();
    config
        .add_file(&file, Path::new("/root"), folder.path())
        .unwrap();
    for host in hosts {
        let (user, name) = match host.split_once('@') {
            Some((user, name)) => (Some(user), name),
            None => (None, *host),
        };
        let mut arguments = vec![name];
        arguments.extend(user.map(|_| "-l"));
        arguments.extend(user);
        let expected = said_by_ssh(&file, &arguments);
        let given = Options {
            user: user.map(str::to_owned),
            ..Options::default()
        };
        let options = options(&config, name, given);
        assert_eq!(said_by_us(&options, name), expected, "{host} by {files:?}");
    }
}

#[test]
fn every_setting_is_read_as_by_ssh() {
    check(
        &[(
            "config",
            "HostName 10.0.0.1\nPort 2222\nUser deploy\nIdentityFile ~/.ssh/a\n\
             IdentityFile /keys/b\nIdentityFile ~/.ssh/a\nIdentitiesOnly yes\n\
             IdentityAgent /run/agent\nUserKnownHostsFile /k/1 /k/2\nGlobalKnownHostsFile /k/3\n\
             HashKnownHosts yes\nHostKeyAlias web\nStrictHostKeyChecking accept-new\n\
             ConnectTimeout 1m30\nServerAliveInterval 7\nForwardAgent yes\nCompression yes\n",
        )],
        &["web1", "me@web1"],
    );
}

#[test]
fn blocks_match_and_the_first_value_wins_as_in_ssh() {
    check(
        &[(
            "config",
            "Host web1 web2\n  Port 1\n\tUser a\nHost web* !web3\n  Port 2\n  User b\n\
             IdentityFile /x\nHost *\n  Port 3\n  IdentityFile /y\nHost !db1 db*\n  User c\n",
        )],
        &[
            "web1", "web2", "web3", "web4", "WEB1", "db1", "db2", "me@web1",
        ],
    );
}

#[test]
fn ways_of_writing_are_understood_as_by_ssh() {
    check(
        &[(
            "config",
            "# comment\n   # another\n\nhost = web1 \"web 2\"\r\nPORT=1\r\nUser = \"a b\"\r\n\
             IdentityFile \"/keys/my key\"\nIdentityFile /keys/with\\ blank\nHost web3\n\
             Port 4 # comment\n  UserKnownHostsFile \"/a b\" '/c d'\n\tHostName\t=\t%h.example\n\
             Host web4\nHostName 50%%\n",
        )],
        &["web1", "web3", "web4", "other"],
    );
}

#[test]
fn match_blocks_hold_as_in_ssh() {
    check(
        &[(
            "config",
            "Match host web* user deploy\n  Port 1\nMatch host web1,web2\n  User second\n  Port 2\n\
             Match !host db* user root\n  Port 3\nMatch originalhost alias\n  HostName web9\n\
             Match host web9\n  Port 9\nMatch localuser nobody\n  Port 5\nMatch user second\n\
             IdentityFile /second\nMatch all\n  ConnectTimeout 5\nMatch host=\"x*,!x1\"\n  Port 7\n",
        )],
        &[
            "deploy@web1",
            "web1",
            "web3",
            "db1",
            "alias",
            "x1",
            "x2",
            "WEB2",
        ],
    );
}

#[test]
fn final_blocks_see_the_host_name_as_in_ssh() {
    check(
        &[(
            "config",
            "Match final host *.example.com\n  Port 1\n  User final\nHost web1\n\
             HostName web1.example.com\nIdentityFile /one\nHost *.example.com\n  User example\n\
             IdentityFile /two\nMatch !final host web2\n  Port 2\n",
        )],
        &["web1", "web2", "web3.example.com"],
    );
}

#[test]
fn included_files_count_as_in_ssh() {
    check(
        &[
            (
                "config",
                "Include DIR/first.conf DIR/missing.conf\nHost web1\n  Include DIR/only-*.conf\n\
                 Port 1\nHost *\n  Port 9\n",
            ),
            ("first.conf", "User a\nHost web2\n  Port 5\n"),
            (
                "only-1.conf",
                "IdentityFile /x\nHost web2\n  User never\nHost *\n  Port 2\n",
            ),
            ("only-2.conf", "Port 3\nIdentityFile /y\n"),
        ],
        &["web1", "web2", "web3"],
    );
}

#[test]
fn the_first_of_jump_and_command_counts_as_in_ssh() {
    check(
        &[(
            "config",
            "Host a\n  ProxyJump gate\n  ProxyCommand nc %h %p\nHost b\n\
             ProxyCommand nc -X \"5\" %h %p # kept\n  ProxyJump gate\nHost c d\n  ProxyJump none\n\
             Host d\n  ProxyJump gate\nHost *\n  ProxyJump user@last:2222\n",
        )],
        &["b", "c", "d", "e"],
    );
    // ssh prints the jump in its own form here; what matters is that the command is ignored.
    let lines = ["ProxyJump gate".to_owned(), "ProxyCommand nc".to_owned()];
    let config = SshConfig::of_lines("<options>", &lines).unwrap();
    let options = options(&config, "a", Options::default());
    assert_eq!(options.proxy, Some(Proxy::Jump("gate".to_owned())));
}

#[test]
fn what_is_given_wins_over_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    std::fs::write(&file, "Port 1\nUser a\nInclude rel*.conf").unwrap();
    std::fs::write(folder.path().join("relative.conf"), "IdentityFile /x").unwrap();
    let mut config = SshConfig::default();
    config
        .add_file(&file, Path::new("/root"), folder.path())
        .unwrap();
    let lines = ["Port=2".to_owned(), "IdentityFile=/y".to_owned()];
    let given = SshConfig::of_lines("<options>", &lines).unwrap();
    let given = options(&given, "web1", Options::default());
    let options = options(&config, "web1", given);
    assert_eq!(options.port, Some(2));
    assert_eq!(options.user.as_deref(), Some("a"));
    assert_eq!(options.identity_files, ["/y", "/x"]);
}

#[test]
fn unsupported_conditions_hold_in_no_way() {
    let lines = [
        "Match exec true",
        "Port 1",
        "Match !exec \"test -e /x\"",
        "Port 2",
    ];
    let config = SshConfig::of_lines("<options>", &lines.map(str::to_owned)).unwrap();
    assert_eq!(options(&config, "web1", Options::default()).port, None);
}

#[test]
fn mistakes_are_reported_with_their_lines() {
    for (text, expected) in [
        (
            "Port x",
            "1:1: port: expected a port between 1 and 65535, found \"x\"",
        ),
        (
            "\nHost a\n  Port 70000\n",
            "3:1: port: expected a port between 1 and 65535, found \"70000\"",
        ),
        (
            "Port 1 2",
            "1:1: port: expected one value, but there is also \"2\"",
        ),
        ("Port", "1:1: port: expected a value"),
        ("User # x", "1:1: user: expected a value"),
        (
            "IdentityFile \"/a",
            "1:1: identityfile: a quote is not closed",
        ),
        (
            "StrictHostKeyChecking maybe",
            "1:1: stricthostkeychecking: expected yes, no, ask or accept-new, found \"maybe\"",
        ),
        (
            "ConnectTimeout soon",
            "1:1: connecttimeout: expected a time such as 10 or 1m30s, found \"soon\"",
        ),
        (
            "HashKnownHosts 1",
            "1:1: hashknownhosts: expected yes or no, found \"1\"",
        ),
        ("Match hots a", "1:1: match: unknown condition \"hots\""),
        ("Match host", "1:1: match: expected a value after \"host\""),
        (
            "Include config",
            "1:1: include: files include each other endlessly",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config");
        std::fs::write(&file, text).unwrap();
        let mut config = SshConfig::default();
        let problems = config
            .add_file(&file, Path::new("/root"), folder.path())
            .unwrap_err();
        let expected = format!("{}:{expected}", file.display());
        assert_eq!(problems.to_string(), expected, "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_can_be_read(text in "(?s)(host|match|port|user|include|[ \t=\"'#!*\\\\\n,a-z0-9]){0,60}") {
        // Includes of such names find nothing in the root folder.
        if let Ok(config) = SshConfig::of_lines("<any>", &[text]) {
            options(&config, "web1", Options::default());
        }
    }
}
