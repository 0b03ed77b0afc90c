//! Values, templates and files that would fill the memory, the stack or the time: each ends in an
//! ordinary error, with a recap.

use std::process::Command;

/// How a playbook must end.
enum End {
    /// Well, and this is printed.
    Well(&'static str),
    /// A task fails on the host `a`, and this is printed.
    Fails(&'static str),
    /// It is refused before the run, and this is printed.
    Refused(&'static str),
}
use End::{Fails, Refused, Well};

/// Runs tasks on the host `a` of two, with these variables of the play.
fn run(vars: &str, tasks: &str, end: &End, files: &[(&str, &str)]) {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let inventory = "all: {hosts: {a: {x: 1, loop_all: '{{ hostvars }}', chain: '{{ hostvars.b.chain }}'}, b: {y: 2, chain: 7}}}\n";
    write("inventory.yml", inventory);
    let head = "- hosts: a\n  connection: local\n  gather_facts: false\n";
    let vars = if vars.is_empty() { "{}" } else { vars };
    write(
        "play.yml",
        &format!("{head}  vars: {vars}\n  tasks:\n{tasks}"),
    );
    for (name, text) in files {
        write(name, text);
    }
    let output = Command::new(env!("CARGO_BIN_EXE_rmqplay"))
        .args(["run", "-i", "inventory.yml", "play.yml"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let all = out.clone() + &String::from_utf8_lossy(&output.stderr);
    let (code, text) = match end {
        Well(text) => (0, text),
        Fails(text) => (2, text),
        Refused(text) => (4, text),
    };
    assert_eq!(output.status.code(), Some(code), "{tasks}\n{all}");
    assert!(all.contains(text), "{text:?} is not in\n{tasks}\n{all}");
    assert_eq!(code != 4, out.contains("PLAY RECAP"), "{tasks}\n{all}");
}

const DEEP: &str = "more than 128 levels deep";

#[test]
fn variables_that_hold_all_variables_come_to_an_end() {
    let debug = |expression: &str| format!("    - debug: {{msg: \"{{{{ {expression} }}}}\"}}\n");
    for (tasks, end) in [
        ("    - debug: {var: hostvars.b}\n".to_owned(), Well("y: 2")),
        ("    - debug: {var: hostvars}\n".to_owned(), Well("contains all variables, including itself")),
        ("    - debug: {var: vars}\n".to_owned(), Well("x: 1")),
        (debug("hostvars.b"), Well("y: 2")),
        (debug("hostvars.b | to_json"), Well("y")),
        (debug("hostvars.b | to_nice_yaml"), Well("y: 2")),
        (debug("hostvars.b | combine({'z': 3})"), Well("z: 3")),
        (debug("hostvars.b | dict2items | length > 5"), Well("true")),
        (debug("hostvars.b.hostvars is defined"), Well("false")),
        (debug("hostvars.a.chain"), Well("7")),
        (debug("hostvars.values() | map(attribute='inventory_hostname') | list"), Well("\"b\"")),
        (debug("hostvars.keys() | list"), Well("\"b\"")),
        (debug("[hostvars.b, {'c': hostvars.b}]"), Well("y: 2")),
        (debug("hostvars | to_json"), Fails("contains all variables, including itself")),
        (debug("loop_all.b.y"), Well("2")),
        (debug("vars | to_json"), Fails("contains all variables, including itself")),
        (debug("vars.x"), Well("1")),
        ("    - debug: {msg: \"{{ item.key }}\"}\n      with_dict: \"{{ {'b': hostvars.b} }}\"\n      loop_control: {label: x}\n".to_owned(), Well("=> b")),
        ("    - set_fact: {kept: \"{{ hostvars.b }}\"}\n    - debug: {msg: \"{{ kept.y }} {{ hostvars.a.kept.y }}\"}\n".to_owned(), Well("2 2")),
        ("    - debug: {msg: \"{{ hostvars.b }}\"}\n      register: kept\n    - debug: {var: hostvars.a.kept}\n".to_owned(), Well("y: 2")),
    ] {
        run("", &tasks, &end, &[]);
    }
}

#[test]
fn values_are_bounded_in_depth_and_size() {
    let nested = format!("{}{}", "[".repeat(3000), "]".repeat(3000));
    let chain: String = (0..300)
        .map(|n| format!("v{n}: '{{{{ v{} }}}}', ", n + 1))
        .collect();
    let debug = |expression: &str| format!("    - debug: {{msg: \"{{{{ {expression} }}}}\"}}\n");
    for (vars, tasks, end) in [
        (format!("{{deep: {nested}}}"), debug("deep"), Refused(DEEP)),
        (String::new(), format!("    - debug: {{msg: \"{{{{ '{nested}' | from_json }}}}\"}}\n"), Fails("recursion limit")),
        (String::new(), format!("    - debug: {{msg: \"{{{{ '{nested}' | from_yaml }}}}\"}}\n"), Fails(DEEP)),
        (String::new(), "    - set_fact: {x: [\"{{ x | default(1) }}\"]}\n      loop: \"{{ range(300) | list }}\"\n".to_owned(), Fails(DEEP)),
        ("{a: '{{ b }}', b: '{{ a }}'}".to_owned(), debug("a"), Fails("refers to itself")),
        (format!("{{{chain} v300: 1}}"), debug("v0"), Fails("templates are nested more than 100 levels deep")),
        (String::new(), debug("'x'.center(10000000000)"), Fails("more than 67108864 bytes")),
        (String::new(), debug("'x'.ljust(10000000000)"), Fails("more than 67108864 bytes")),
        (String::new(), debug("'x'.zfill(10000000000)"), Fails("more than 67108864 bytes")),
        (String::new(), debug("'x' | center(10000000000)"), Fails("more than 67108864 bytes")),
        (String::new(), debug("['x'] | batch(10000000000, 'y') | list"), Fails("more than 67108864 bytes")),
        (String::new(), debug("['x'] | slice(10000000000) | list"), Fails("more than 67108864 bytes")),
        (String::new(), debug("(['a'] * 100000) | join('a' * 10000) | length"), Fails("more than 67108864 bytes")),
        (String::new(), debug("('a' * 10000).join(['a'] * 100000) | length"), Fails("more than 67108864 bytes")),
        (String::new(), debug("(['x' * 1000000] * 400) | join | length"), Fails("more than 67108864 bytes")),
        (String::new(), debug("('a' * 100000) | replace('a', 'a' * 10000) | length"), Fails("more than 67108864 bytes")),
        (String::new(), debug("('a' * 100000).replace('', 'a' * 10000) | length"), Fails("more than 67108864 bytes")),
        (String::new(), debug("('a' * 100000) | regex_replace('a', 'b' * 10000) | length"), Fails("more than 67108864 bytes")),
        (String::new(), debug("'a' | password_hash('blowfish', rounds=31)"), Fails("rounds must not be more than 16")),
        (String::new(), debug("'a' | password_hash('sha512', rounds=999999999)"), Fails("rounds must not be more than 5000000")),
        (String::new(), debug("'a\\nb' | indent(1000000000)"), Fails("more than 67108864 bytes")),
        (String::new(), debug("'x' * 100000000000"), Fails("steps")),
        (String::new(), "    - debug: {msg: \"{% set n = namespace(x=[1, 2]) %}{% for i in range(50000) %}{% set n.x = n.x[0:] %}{% endfor %}{{ n.x }}\"}\n".to_owned(), Well("2")),
        (String::new(), debug("[1] * 100000000000"), Fails("")),
        (String::new(), debug("[1] | to_nice_json(indent=1000000000)"), Fails("indent is at most")),
        (String::new(), debug("range(1000000000000) | list"), Fails("")),
        (String::new(), debug("range(100) | product(repeat=9) | list"), Fails("values")),
        (String::new(), debug("range(30) | permutations(20) | list"), Fails("values")),
        (String::new(), debug("range(90000) | combinations(50000) | list"), Fails("at most 1000")),
        (String::new(), debug("'%1000000000d' % 1"), Fails("a width is at most")),
        (String::new(), debug("'x' | password_hash(salt_size=1000000000)"), Fails("salt_size")),
        (String::new(), debug("('a' * 40) | regex_search('(a|aa)+(?=b)\\\\1')"), Fails("")),
        (String::new(), "    - debug: {msg: \"{% set n = namespace(x=1) %}{% for i in range(90000) %}{% set n.x = [n.x] %}{% endfor %}{{ n.x }}\"}\n".to_owned(), Fails(DEEP)),
        (String::new(), "    - debug: {msg: \"{% set n = namespace() %}{% set n.x = n %}{{ n }}\"}\n".to_owned(), Fails(DEEP)),
        (String::new(), "    - debug: {msg: \"{% macro m(x) %}{{ m(x) }}{% endmacro %}{{ m(1) }}\"}\n".to_owned(), Fails("")),
        (String::new(), "    - debug: {msg: \"{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}\"}\n".to_owned(), Fails("steps")),
        (String::new(), "    - debug: {msg: x}\n      with_sequence: start=1 end=9000000000\n".to_owned(), Fails("more than 1000000 numbers")),
    ] {
        run(&vars, &tasks, &end, &[]);
    }
}

#[test]
fn a_timeout_that_is_omitted_leaves_the_others() {
    let task =
        "    - command: sleep 60\n      async: 1\n      timeout: \"{{ nope | default(omit) }}\"\n";
    run("", task, &Fails("timed out"), &[]);
}

/// Templates that would take hours: texts and lists doubled, loops, calls and readers of long texts.
const ENDLESS: [&str; 15] = [
    "{% set n = namespace(x=[1]) %}{% for i in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}{{ n.x | length }}",
    "{% set n = namespace(x='a') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}{{ n.x | length }}",
    "{% set n = namespace(x='a') %}{% for i in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}{{ n.x | length }}",
    "{% set n = namespace(x='a') %}{% for i in range(60) %}{% set n.x = n.x * 2 %}{% endfor %}{{ n.x | length }}",
    "{% set x = [1] %}{% for i in range(60) %}{% do x.extend(x) %}{% endfor %}{{ x | length }}",
    "{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}",
    "{% for a in range(90000) if a > 0 %}{% for b in range(90000) %}{% set c = a %}{% endfor %}{% endfor %}",
    "{% macro f(n) %}{% if n > 1 %}{% set a = f(n - 1) %}{% set b = f(n - 2) %}{% endif %}{% endmacro %}{{ f(60) }}",
    "{{ (['aaaaaaaaaa'] * 2000000) | join | length }}{{ range(90000) | product(range(90000)) | list | length }}",
    "{{ ('a' * 40000000) | regex_findall('a') | length }}",
    "{{ ('a ' * 20000000).split(' ') | length }}",
    "{{ ('a ' * 20000000).split() | length }}",
    "{{ ('- a\\n' * 3000000) | from_yaml | length }}",
    "{{ ('[' ~ ('[],' * 5000000) ~ '1]') | from_json | length }}",
    "{{ ['x' * 1000000] | product(range(90000)) | map('join') | list | length }}",
];

#[test]
fn what_computes_ends_with_the_time_of_its_task() {
    let tasks: String = ENDLESS
        .iter()
        .map(|template| {
            format!(
                "    - debug: {{msg: \"{template}\"}}\n      timeout: 1\n      register: r\n      ignore_errors: true\n    - assert: {{that: [r is failed]}}\n"
            )
        })
        .collect();
    let nested = "    - debug: {msg: \"{{ range(90000) | map('string') | map('regex_replace', '0', '1') | map('hash') | map('b64encode') | list | length }}\"}\n      timeout: 1\n      loop: [1]\n      when: range(90000) | map('string') | map('hash', 'sha512') | list | length > 1\n      ignore_errors: true\n    - debug: {msg: the end}\n";
    run("", &(tasks + nested), &Well("the end"), &[]);
}

#[test]
fn files_that_name_themselves_come_to_an_end() {
    let include = |module: &str| format!("    - {module}: again.yml\n");
    let again = |module: &str| format!("- {module}: again.yml\n");
    for (tasks, end, name, text) in [
        (
            include("include_tasks"),
            Fails("includes are nested more than 100 levels deep"),
            "again.yml",
            again("include_tasks"),
        ),
        (
            include("import_tasks"),
            Refused("imports itself"),
            "again.yml",
            again("import_tasks"),
        ),
        (
            "    - include_role: {name: r}\n".to_owned(),
            Fails("includes are nested more than 100 levels deep"),
            "roles/r/tasks/main.yml",
            "- include_role: {name: r}\n".to_owned(),
        ),
        (
            "    - debug: {msg: \"{{ lookup('template', 'again.yml') }}\"}\n".to_owned(),
            Fails(""),
            "again.yml",
            "{% include 'again.yml' %}".to_owned(),
        ),
        (
            "    - debug: {msg: \"{{ lookup('template', 'again.yml') }}\"}\n".to_owned(),
            Fails(""),
            "again.yml",
            "{{ lookup('template', 'again.yml') }}".to_owned(),
        ),
    ] {
        run("", &tasks, &end, &[(name, &text)]);
    }
    let handlers = "    - command: 'true'\n      notify: one\n  handlers:\n    - {name: one, command: 'true', notify: two}\n    - {name: two, command: 'true', notify: one}\n";
    run(
        "",
        handlers,
        &Fails("handlers still notify each other"),
        &[],
    );
}

#[test]
fn a_mistake_beside_any_character_is_shown() {
    for character in [
        "\u{a0}",
        "\u{2018}",
        "\u{ff0c}",
        "\u{301}",
        "\u{200b}",
        "\u{1f468}\u{200d}\u{1f469}",
        "\u{feff}",
        "\u{202e}",
        "\u{7aef}",
    ] {
        let template = format!("a={{% if port{character}| int -%}}\n{{% endif %}}\n");
        let tasks = "    - template: {src: \"{{ f }}\", dest: \"{{ playbook_dir }}/out\", mode: \"0600\"}\n    - debug: {msg: not reached}\n";
        run(
            "{port: 1, f: t.j2}",
            tasks,
            &Fails("template syntax error"),
            &[("t.j2", &template)],
        );
        let tasks = format!("    - debug: {{msg: x}}\n      when: 1 == {character}1\n");
        run("", &tasks, &Refused("syntax error"), &[]);
    }
}

#[test]
fn what_is_encrypted_is_refused_where_it_is_used() {
    let sealed = "!vault |\n      $ANSIBLE_VAULT;1.1;AES256\n      6231336539666234\n";
    let vars = format!("\n    password: {sealed}    account: {{name: me}}\n");
    let uses = "    - copy: {dest: \"{{ playbook_dir }}/out\", content: \"p={{ password }}\", mode: \"0600\"}\n";
    let encrypted = "cannot decrypt";
    run(&vars, uses, &Refused("play.yml:6:7"), &[]);
    run(
        &vars,
        "    - debug: {msg: \"{{ account.name }}\"}\n",
        &Well("me"),
        &[],
    );
    let nested = format!(
        "\n    account:\n      name: me\n      password: {}",
        sealed.replace("      ", "        ")
    );
    run(
        &nested,
        "    - debug: {msg: \"{{ account.name }}\"}\n",
        &Well("me"),
        &[],
    );
    run(
        &nested,
        "    - debug: {msg: \"{{ account }}\"}\n",
        &Fails(encrypted),
        &[],
    );
    run(
        &nested,
        "    - set_fact: {all: \"{{ account }}\"}\n",
        &Fails(encrypted),
        &[],
    );
    run(
        &vars,
        "    - debug: {msg: x}\n      when: password == 'x'\n",
        &Refused(encrypted),
        &[],
    );
    run(
        &vars,
        "    - debug: {msg: x}\n      loop: \"{{ password }}\"\n",
        &Refused(encrypted),
        &[],
    );
    let given = format!(
        "    - debug:\n        msg: {}",
        sealed.replace("      ", "          ")
    );
    run("", &given, &Refused(encrypted), &[]);
    let whole = "$ANSIBLE_VAULT;1.1;AES256\n6231336539666234\n";
    run(
        "",
        "    - include_vars: secret.yml\n",
        &Refused(encrypted),
        &[("secret.yml", whole)],
    );
    run(
        "",
        "    - debug: {msg: \"{{ lookup('file', 'secret.yml') }}\"}\n",
        &Fails(encrypted),
        &[("secret.yml", whole)],
    );
    let copied =
        "    - copy: {src: secret.yml, dest: \"{{ playbook_dir }}/out\", mode: \"0600\"}\n";
    run("", copied, &Refused(encrypted), &[("secret.yml", whole)]);
    let rendered = "    - template: {src: \"{{ 'secret.yml' }}\", dest: \"{{ playbook_dir }}/out\", mode: \"0600\"}\n";
    run("", rendered, &Fails(encrypted), &[("secret.yml", whole)]);
}

#[test]
fn what_is_encrypted_is_refused_before_the_run_where_that_is_certain() {
    let sealed = |indent: usize| {
        let margin = " ".repeat(indent);
        format!("!vault |\n{margin}$ANSIBLE_VAULT;1.1;AES256\n{margin}6231336539666234\n")
    };
    let encrypted = "cannot decrypt";
    let file = ("enc.yml", "$ANSIBLE_VAULT;1.1;AES256\n6231336539666234\n");
    let whole = "enc.yml: invalid vault text: the body is incomplete";
    let on_task = |keyword: &str, indent: usize| {
        format!(
            "    - debug: {{msg: x}}\n      {keyword}: {}",
            sealed(indent)
        )
    };
    for (tasks, end) in [
        // Arguments and keywords.
        (
            format!(
                "    - copy:\n        dest: /nowhere/a\n        content: {}",
                sealed(10)
            ),
            Refused(encrypted),
        ),
        (
            format!(
                "    - command:\n        argv: [cat]\n        stdin: {}",
                sealed(10)
            ),
            Refused(encrypted),
        ),
        (
            format!(
                "    - command: cat\n      environment:\n        A: {}",
                sealed(10)
            ),
            Refused(encrypted),
        ),
        (
            format!(
                "    - command: cat\n      module_defaults:\n        command:\n          stdin: {}",
                sealed(12)
            ),
            Refused(encrypted),
        ),
        (
            on_task("name", 8),
            Refused("cannot decrypt this value of name"),
        ),
        (
            on_task("tags", 8),
            Refused("cannot decrypt this value of tags"),
        ),
        (
            on_task("notify", 8),
            Refused("cannot decrypt this value of notify"),
        ),
        (
            on_task("register", 8),
            Refused("cannot decrypt this value of register"),
        ),
        (
            on_task("become_user", 8),
            Refused("cannot decrypt this value of become_user"),
        ),
        (
            format!(
                "    - debug: {{msg: x}}\n      loop: [1]\n      loop_control:\n        label: {}",
                sealed(10)
            ),
            Refused(encrypted),
        ),
        (
            format!(
                "    - debug: {{msg: x}}\n      vars:\n        ? {}        : x\n",
                sealed(10)
            ),
            Refused("a key cannot be encrypted"),
        ),
        // Files.
        ("    - include_vars: enc.yml\n".to_owned(), Refused(whole)),
        ("    - script: enc.yml a\n".to_owned(), Refused(whole)),
        (
            "    - unarchive: {src: enc.yml, dest: /nowhere}\n".to_owned(),
            Refused(whole),
        ),
        (
            "    - copy: {src: enc.yml, dest: /nowhere/a}\n".to_owned(),
            Refused(whole),
        ),
        // What is only known in the run.
        (
            "    - script: \"{{ 'enc' }}.yml a\"\n".to_owned(),
            Fails(encrypted),
        ),
        (
            "    - unarchive: {src: \"{{ 'enc' }}.yml\", dest: /nowhere}\n".to_owned(),
            Fails(encrypted),
        ),
        (
            "    - debug: {msg: \"{{ lookup('password', 'enc.yml') }}\"}\n".to_owned(),
            Fails(encrypted),
        ),
        (
            format!(
                "    - command:\n        argv: [cat]\n        stdin: {}      when: x == 1\n",
                sealed(10)
            ),
            Fails(encrypted),
        ),
        (
            format!(
                "    - debug: {{var: l}}\n      vars:\n        l:\n          - {}",
                sealed(12)
            ),
            Fails(encrypted),
        ),
        // What is not used.
        (
            format!(
                "    - debug: {{msg: well}}\n      vars:\n        l: {}",
                sealed(10)
            ),
            Well("well"),
        ),
        (
            format!(
                "    - command:\n        argv: [cat]\n        stdin: {}      when: x == 2\n    - debug: {{msg: well}}\n",
                sealed(10)
            ),
            Well("well"),
        ),
        (
            "    - script: enc.yml\n      when: x == 2\n    - debug: {msg: well}\n".to_owned(),
            Well("well"),
        ),
    ] {
        run("", &tasks, &end, &[file]);
    }
    let spec = "argument_specs: {main: {options: {sec: {type: str, required: true}}}}\n";
    let files = [
        ("roles/r/meta/argument_specs.yml", spec),
        ("roles/r/tasks/main.yml", "- debug: {msg: x}\n"),
    ];
    let vars = format!("\n    sec: {}", sealed(6));
    let task = "    - include_role: {name: r}\n";
    run(
        &vars,
        task,
        &Fails("cannot decrypt the variable \"sec\""),
        &files,
    );
}
