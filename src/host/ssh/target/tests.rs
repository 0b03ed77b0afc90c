//! Tests of how a connection is derived from inventory, command line and `ssh_config`.

use super::*;

fn controller() -> Controller {
    Controller {
        user: "me".to_owned(),
        home: "/home/me".into(),
        environment: [("SSH_AUTH_SOCK".to_owned(), "/run/agent".to_owned())].into(),
    }
}

fn target(config: &str, host: &str, options: Options) -> Result<Target> {
    let config = SshConfig::of_lines("ssh_config", &[config.to_owned()])?;
    let wanted = Wanted {
        host: host.to_owned(),
        options,
        password: Some(Secret::new("hunter2".to_owned())),
    };
    wanted.target(&config, &controller())
}

#[test]
fn without_files_the_defaults_of_ssh_hold() {
    let target = target("", "web1", Options::default()).unwrap();
    assert_eq!(target.to_string(), "me@web1:22");
    assert_eq!(target.route, Route::Direct);
    let keys = ["id_ed25519", "id_ecdsa", "id_rsa"];
    let keys = keys.map(|name| PathBuf::from("/home/me/.ssh").join(name));
    assert_eq!(target.identity_files, keys);
    assert_eq!(target.agent, Some("/run/agent".into()));
    let files = [
        "/home/me/.ssh/known_hosts",
        "/home/me/.ssh/known_hosts2",
        "/etc/ssh/ssh_known_hosts",
        "/etc/ssh/ssh_known_hosts2",
    ];
    assert_eq!(target.known_hosts, files.map(PathBuf::from));
    assert_eq!(target.host_key_policy, HostKeyPolicy::Strict);
    assert_eq!(target.connect_timeout, CONNECT_TIMEOUT);
    assert!(!format!("{target:?}").contains("hunter2"));
}

#[test]
fn what_is_given_wins_over_the_files() {
    let config = "Host web1\nHostName %h.example.com\nUser a\nPort 1\nIdentityFile ~/.ssh/%r\n\
                  IdentityAgent none\nStrictHostKeyChecking yes\nConnectTimeout 3\n\
                  UserKnownHostsFile %d/%n\nGlobalKnownHostsFile none\nServerAliveInterval 0";
    let given = Options {
        user: Some("b".to_owned()),
        port: Some(2),
        checking: Some(Checking::AcceptNew),
        identity_files: vec!["keys/id".to_owned()],
        ..Options::default()
    };
    let target = target(config, "web1", given).unwrap();
    assert_eq!(target.to_string(), "b@web1.example.com:2");
    let keys = ["keys/id", "/home/me/.ssh/b"];
    assert_eq!(target.identity_files, keys.map(PathBuf::from));
    assert_eq!(target.agent, None);
    assert_eq!(target.host_key_policy, HostKeyPolicy::AcceptNew);
    assert_eq!(target.connect_timeout, Duration::from_secs(3));
    assert_eq!(target.known_hosts, [PathBuf::from("/home/me/web1")]);
    assert_eq!(target.alive_interval, None);
}

#[test]
fn checking_switched_off_still_means_no_more_than_accepting_new_keys() {
    for (value, expected) in [
        ("no", HostKeyPolicy::AcceptNew),
        ("accept-new", HostKeyPolicy::AcceptNew),
        ("ask", HostKeyPolicy::Strict),
        ("yes", HostKeyPolicy::Strict),
    ] {
        let config = format!("StrictHostKeyChecking {value}");
        let target = target(&config, "web1", Options::default()).unwrap();
        assert_eq!(target.host_key_policy, expected, "{value}");
    }
}

#[test]
fn keys_named_none_are_no_keys() {
    let target = target("IdentityFile none", "web1", Options::default()).unwrap();
    assert!(target.identity_files.is_empty());
}

/// Returns the way as `first -> second -> target`.
fn way(target: &Target) -> String {
    match &target.route {
        Route::Direct => target.to_string(),
        Route::Command(command) => format!("`{command}` -> {target}"),
        Route::Jump(jump) => format!("{} -> {target}", way(jump)),
    }
}

#[test]
fn the_way_to_a_host_leads_over_its_jump_hosts() {
    for (config, expected) in [
        ("ProxyJump none", "me@web1:22"),
        ("Host web1\nProxyJump gate", "me@gate:22 -> me@web1:22"),
        (
            "Host web1\nProxyJump a@gate:2,b@[::1]:3",
            "a@gate:2 -> b@[::1]:3 -> me@web1:22",
        ),
        (
            "Host web1\nProxyJump inner\nHost inner\nProxyJump outer\nUser i\nHost outer\n\
             HostName 10.0.0.1\nPort 7",
            "me@10.0.0.1:7 -> i@inner:22 -> me@web1:22",
        ),
        // The jump host itself is not reached through itself.
        ("ProxyJump gate", "me@gate:22 -> me@web1:22"),
        (
            "Host web1\nProxyCommand nc -x 'a b' %h %p %r",
            "`nc -x 'a b' web1 22 me` -> me@web1:22",
        ),
    ] {
        let target = target(config, "web1", Options::default()).unwrap();
        assert_eq!(way(&target), expected, "{config}");
    }
}

#[test]
fn a_jump_host_takes_over_what_concerns_trust_but_never_the_password() {
    let given = Options {
        user: Some("deploy".to_owned()),
        port: Some(2222),
        checking: Some(Checking::AcceptNew),
        identity_files: vec!["/key".to_owned()],
        ..Options::default()
    };
    let target = target("Host web1\nProxyJump gate", "web1", given).unwrap();
    let Route::Jump(jump) = target.route else {
        panic!("{:?}", target.route);
    };
    assert_eq!(jump.to_string(), "me@gate:22");
    assert_eq!(jump.host_key_policy, HostKeyPolicy::AcceptNew);
    assert_eq!(jump.identity_files, [PathBuf::from("/key")]);
    assert_eq!(jump.password, None);
}

#[test]
fn mistakes_name_the_host() {
    for (config, expected) in [
        (
            "Host web1\nProxyJump a\nHost a\nProxyJump b\nHost b\nProxyJump web1",
            "jump hosts form a cycle: web1 -> a -> b -> web1",
        ),
        (
            "ProxyJump gate:x",
            "ssh_config for web1: \"gate:x\" is not a jump host: expected user@host:port",
        ),
        (
            "IdentityFile %Z",
            "ssh_config for web1: %Z in \"%Z\" is not supported",
        ),
        (
            "IdentityAgent $NONE",
            "ssh_config for web1: the environment variable NONE is not set",
        ),
    ] {
        let problems = target(config, "web1", Options::default()).unwrap_err();
        assert_eq!(problems.to_string(), expected, "{config}");
    }
}
