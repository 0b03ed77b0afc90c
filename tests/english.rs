//! Checks that text for people is plain English: finds the worst habits of translated English in
//! documentation, comments and strings.

use fancy_regex::Regex;
use std::path::Path;
use std::process::Command;

/// A part of the lines worth checking, the pattern that nobody should write, and what to write instead.
const PATTERNS: &[(&str, &str, &str)] = &[
    ("shall", r"\bshall\b", "must, should, will"),
    (
        " no ",
        r"(?<!\bthere )(?<=\w )(is|are) no (?!longer|more|need|way|such|one)",
        "is not a",
    ),
    (
        " none",
        r"\b(are none|(what|which|it|that) is none)\b",
        "is not one; is missing",
    ),
    (" none", r"\b(has|have) none\b", "lacks it"),
    (
        " told",
        r"\b(is|are|was|were|be) told\b",
        "reports, shows, gets",
    ),
    ("stand", STANDS, "is in, is at"),
    ("stood", STANDS, "was in, was at"),
    ("it stands", r"\bit stands\b", "it is"),
    ("sign of", r"\bsign of life\b", "stopped responding"),
    ("but for", r"\bbut for\b", "except"),
    ("with so", r"\bwith so many\b", "with N"),
    ("without a", r"\bwithout a word\b", "silently"),
    ("for want", r"\bfor want of\b", "for lack of; out of"),
    ("goes on", r"\bgoes on from\b", "continues from"),
    ("one's own", r"\bone's own\b", "custom"),
    ("its kin", r"\bits kin\b", "a relative of it"),
    ("what there", r"\bwhat there is\b", "what exists; all of it"),
    ("nobody has", r"\bnobody has\b", "missing"),
];

const STANDS: &str = r"\b(stands?|stood) (in|at|there|on|beside|below|before|after|together)\b";

type Pattern = (&'static str, Regex, &'static str);

/// Returns the line and the advice for each pattern found in a text.
fn found(text: &str, patterns: &[Pattern]) -> Vec<String> {
    let code = Regex::new(r"`[^`]*`|\{\{.*?\}\}").unwrap();
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let lower = line.to_ascii_lowercase();
        let mut may = patterns
            .iter()
            .filter(|(part, ..)| lower.contains(part))
            .peekable();
        if may.peek().is_none() {
            continue;
        }
        let prose = code.replace_all(&lower, "");
        for (_, pattern, instead) in may {
            if let Some(part) = pattern.find(prose.as_ref()).unwrap() {
                let part = part.as_str();
                found.push(format!("{number}: \"{part}\": write: {instead}"));
            }
        }
    }
    found
}

fn patterns() -> Vec<Pattern> {
    let compile = |(part, pattern, instead): &(&'static str, &str, &'static str)| {
        (*part, Regex::new(pattern).unwrap(), *instead)
    };
    PATTERNS.iter().map(compile).collect()
}

#[test]
fn nothing_for_people_reads_as_translated() {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "*.md",
            "playbooks",
            "roles",
            "inventory",
            "scripts",
            "src",
        ])
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let names = listed.lines().filter(|name| {
        let not_prose = name.ends_with("settings.txt") || name.contains("/snapshots/");
        !not_prose && !name.starts_with("tests/") && Path::new(name).exists()
    });
    let patterns = patterns();
    let mut wrong = Vec::new();
    for name in names {
        let text = std::fs::read_to_string(name).unwrap();
        wrong.extend(
            found(&text, &patterns)
                .iter()
                .map(|what| format!("{name}:{what}")),
        );
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn each_pattern_finds_its_habit_and_spares_plain_english() {
    let patterns = patterns();
    for bad in [
        "ansible_port is no port",
        "the task shall run",
        "paths that are none",
        "A mistake is told before a host is touched",
        "what stands there",
        "where it stands",
        "no sign of life",
        "all but for one",
        "fails without a word",
        "ended for want of memory",
        "modules of one's own",
        "a handler nobody has",
        "with so many queues",
    ] {
        assert_eq!(found(bad, &patterns).len(), 1, "{bad}");
    }
    for good in [
        "there is no shell",
        "it is no longer there",
        "a value is needed; there is none",
        "`what is none` in code",
        "{{ nothing is none }}",
        "a standard input",
    ] {
        assert!(found(good, &patterns).is_empty(), "{good}");
    }
}
