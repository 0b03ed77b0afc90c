//! The machine that a case declares.

use super::case::{Case, File};
use super::packed;
use rmqplay::host::{Group, Memory, Output, Process, User};

/// Returns the machine that a case declares.
pub(super) fn of(case: &Case) -> Result<Memory, String> {
    let declared = &case.data.host;
    let mut machine = Memory::machine();
    for (name, uid) in &declared.users {
        machine = machine.user(account(name, *uid));
    }
    for (name, gid) in &declared.groups {
        machine = machine.group(Group {
            name: name.clone(),
            gid: *gid,
            members: Vec::new(),
        });
    }
    for path in &declared.directories {
        machine = machine.directory(path);
    }
    for (path, file) in &declared.files {
        machine = machine.file(
            path,
            match file {
                File::Text(text) => text.clone(),
                File::Large { text, repeat } => text.repeat(*repeat),
            },
        );
    }
    for (path, entries) in &declared.archives {
        machine = machine.file(path, packed::archive(path.as_str(), entries));
    }
    for (path, target) in &declared.links {
        machine = machine.symlink(path, target);
    }
    for (path, owned) in &declared.owned {
        let words: Vec<_> = owned.split(' ').collect();
        let [mode, owner, group] = words[..] else {
            return Err(format!("{owned}: not MODE OWNER GROUP"));
        };
        let uid = |name: &str| declared.users.get(name).copied().unwrap_or_default();
        let mut user = account(owner, uid(owner));
        group.clone_into(&mut user.group);
        user.gid = declared.groups.get(group).copied().unwrap_or(uid(group));
        let mode = u32::from_str_radix(mode, 8).map_err(|error| error.to_string())?;
        machine = machine.owned(path, mode, &user);
    }
    for running in &declared.processes {
        let uid = declared.users.get(&running.user).copied();
        let process = Process {
            pid: running.pid,
            started: u64::from(running.pid) * 100,
            executable: running.executable.clone(),
            argv: running.argv.clone(),
            directory: running.directory.clone(),
            uid: uid.unwrap_or_default(),
            user: running.user.clone(),
            start: None,
        };
        machine = machine.process(process, &running.ports);
    }
    for (line, printed) in &declared.outputs {
        let argv: Vec<_> = line.split(' ').collect();
        let output = Output {
            status: printed.rc,
            stdout: printed.stdout.clone().into(),
            stderr: printed.stderr.clone().into(),
            ..Output::default()
        };
        machine = match line.strip_suffix(" …") {
            Some(program) => machine.program(program, output),
            None => machine.output(&argv, output),
        };
    }
    for (name, value) in &declared.facts {
        machine = machine.fact(name, rmqplay::value::of(value));
    }
    Ok(machine)
}

/// Returns the machine on which the modules' examples are planned.
pub(super) fn of_examples() -> Memory {
    let machine = crate::rocketmq::fake::Cluster::new().on(Memory::machine());
    crate::rocketmq::preflight::of_examples(machine)
        .output(&["date", "+%s"], printed("1700000000\n"))
        .output(&["uname", "-n"], printed("localhost\n"))
        .program(
            "dpkg-query",
            printed("curl\tamd64\t7.88\tii \t\nnginx\tamd64\t1.22\tii \t\n"),
        )
        .program("rpm", printed("curl\tx86_64\t7.76\nnginx\tx86_64\t1.20\n"))
        .program("awk", printed("nginx\tx86_64\t1.26\n"))
        .program(
            "git",
            printed("1111111111111111111111111111111111111111\trefs/tags/v1.2.0\n"),
        )
        .program("/bin/sh", printed(""))
        .program("/opt/tool/bin/pip", printed("requests==2.32.3\n"))
        .program("stat", printed("1700000000\n1699999000\n"))
        .program("cat", printed("br_netfilter 1 0 - Live 0x0\n"))
        .program("apt-key", printed(""))
        .program("locale", printed("C\nde_DE.utf8\n"))
        .program(
            "update-alternatives",
            printed(
                "java - manual mode\n/usr/lib/jvm/java-17-openjdk-amd64/bin/java - priority 17\n",
            ),
        )
        .program("dpkg", printed("linux-image-amd64\tinstall\n"))
        .program("debconf-show", printed(""))
        .program("getenforce", printed("Permissive\n"))
        .program(
            "semanage",
            printed("httpd_can_network_connect (off , off) x\n"),
        )
        .file(
            "/etc/selinux/config",
            "SELINUX=permissive\nSELINUXTYPE=targeted\n",
        )
        .file("/etc/hosts.d/local", "127.0.0.1 localhost\n")
        .fact("user_dir", "/root")
        .file(
            "/root/.ansible_async/j1.1",
            r#"{"ansible_job_id": "j1.1", "started": true, "finished": false, "result": {"cmd": "x"}, "reports_output": true}"#,
        )
        .directory("/etc/yum.repos.d")
        .file("/usr/lib/jvm/java-17-openjdk-amd64/bin/java", "")
        .program("getent", printed("root:x:0:0:root:/root:/bin/sh\n"))
        .file("/usr/bin/apt-get", "")
        .file("/usr/bin/dpkg-query", "")
        .output(&["sysctl", "-n", "vm.max_map_count"], printed("65530\n"))
        .output(
            &[
                "systemctl",
                "show",
                "-p",
                "LoadState,ActiveState,SubState,UnitFileState",
                "exporter",
            ],
            printed("LoadState=loaded\nActiveState=inactive\nUnitFileState=disabled\n"),
        )
        .user(account("rocketmq", 500))
        .file("/etc/hosts", "127.0.0.1 localhost\n")
        .file("/etc/rocketmq/broker.conf", "brokerName=broker-a\n")
        .file("/usr/local/rocketmq-5.3.3/exporter.jar", "hello\n")
        .directory("/usr/local/rocketmq-5.3.3/bin")
        .directory("/data/rocketmq")
}

fn printed(text: &str) -> Output {
    Output {
        stdout: text.into(),
        ..Output::default()
    }
}

fn account(name: &str, number: u32) -> User {
    User {
        name: name.to_owned(),
        uid: number,
        gid: number,
        group: name.to_owned(),
        home: format!("/home/{name}").into(),
        shell: "/bin/sh".into(),
        ..User::default()
    }
}
