//! The options that Java is started with.

use super::share::Share;
use super::size::Size;
use crate::rocketmq::program::Program;

/// The number and size of the garbage collector's log files.
const LOG_FILES: u32 = 5;
const LOG_FILE_SIZE: &str = "30m";

/// The heap size in bytes from which its regions have 16 MiB, as in RocketMQ's own scripts: a
/// smaller heap would have too few of them.
const LARGE_REGIONS: u64 = 4 << 30;

/// Returns the options of a program for this Java. `further` are additional options that come
/// later: if they choose a collector, none is chosen here.
pub(super) fn of_program(
    program: &Program,
    share: &Share,
    major: u32,
    further: &[String],
) -> Vec<String> {
    let heap = &share.heap;
    let mut options = vec![format!("-Xms{}", heap.text), format!("-Xmx{}", heap.text)];
    let is_ours = !further.iter().any(|option| chooses_collector(option));
    // Other collectors find out for themselves how much young objects need.
    let half = (is_ours && major < 8).then(|| Size::of(heap.bytes / 2));
    if let Some(young) = share.young.as_ref().or(half.as_ref()) {
        options.push(format!("-Xmn{}", young.text));
    }
    if let Some(direct) = &share.direct {
        options.push(format!("-XX:MaxDirectMemorySize={}", direct.text));
    }
    if is_ours && major >= 8 && heap.bytes >= LARGE_REGIONS {
        options.push("-XX:G1HeapRegionSize=16m".to_owned());
    }
    options.extend(of_all(major, further));
    options.extend(log(program, major));
    options
}

/// Returns the options of every program for this Java, regardless of memory.
pub(super) fn of_all(major: u32, further: &[String]) -> Vec<String> {
    let mut options = Vec::new();
    if !further.iter().any(|option| chooses_collector(option)) {
        options.extend(collector(major));
    }
    // A stack trace that is left out because it came often is the one that is looked for.
    options.push("-XX:-OmitStackTraceInFastThrow");
    // Biased locking costs more in pauses than it saves; from 15 on it is off by itself.
    if major < 15 {
        options.push("-XX:-UseBiasedLocking");
    }
    // From 9 on Java closes what 3.2.6 and 4.9 reach into: without these they serve, but die while
    // they stop and leave the file `abort` behind.
    if major >= 9 {
        options.extend([
            "--add-opens=java.base/java.nio=ALL-UNNAMED",
            "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
            "--add-opens=java.base/jdk.internal.ref=ALL-UNNAMED",
            "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
        ]);
    }
    options.into_iter().map(str::to_owned).collect()
}

/// Java does not start with two collectors.
fn chooses_collector(option: &str) -> bool {
    let name = option.strip_prefix("-XX:+Use");
    name.is_some_and(|name| name.ends_with("GC"))
}

/// As in RocketMQ's own scripts, those of 3.2.6 for Java 6 and 7, and those of 4.x and 5.x for
/// later ones, but without `DisableExplicitGC`, since only an explicit collection frees direct
/// memory.
fn collector(major: u32) -> &'static [&'static str] {
    if major < 8 {
        &[
            "-XX:PermSize=128m",
            "-XX:MaxPermSize=320m",
            "-XX:+UseConcMarkSweepGC",
            "-XX:+UseCMSCompactAtFullCollection",
            "-XX:CMSInitiatingOccupancyFraction=70",
            "-XX:+CMSParallelRemarkEnabled",
            "-XX:+CMSClassUnloadingEnabled",
            "-XX:SoftRefLRUPolicyMSPerMB=0",
            "-XX:SurvivorRatio=8",
        ]
    } else {
        &[
            "-XX:+UseG1GC",
            "-XX:G1ReservePercent=25",
            "-XX:InitiatingHeapOccupancyPercent=30",
            "-XX:SoftRefLRUPolicyMSPerMB=0",
        ]
    }
}

/// The garbage collector's log, among the program's other logs; its oldest file is overwritten.
/// Java 6 only supports this in late updates.
fn log(program: &Program, major: u32) -> Vec<String> {
    let file = program.home.join("logs/gc.log");
    if major >= 9 {
        return vec![format!(
            "-Xlog:gc*:file={file}:time,tags:filecount={LOG_FILES},filesize={LOG_FILE_SIZE}"
        )];
    }
    let mut options = vec![
        format!("-Xloggc:{file}"),
        "-XX:+PrintGCDetails".to_owned(),
        "-XX:+PrintGCDateStamps".to_owned(),
        "-XX:+PrintGCApplicationStoppedTime".to_owned(),
    ];
    if major >= 7 {
        options.extend([
            "-XX:+UseGCLogFileRotation".to_owned(),
            format!("-XX:NumberOfGCLogFiles={LOG_FILES}"),
            format!("-XX:GCLogFileSize={LOG_FILE_SIZE}"),
        ]);
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broker(heap: &str, young: &str) -> Program {
        Program {
            heap: heap.to_owned(),
            young: young.to_owned(),
            home: "/data/broker-a".into(),
            store: Some("/data/broker-a/store".into()),
            ..Program::default()
        }
    }

    fn options(program: &Program, major: u32, further: &[&str]) -> String {
        let [share] = Share::of_all(None, std::slice::from_ref(program))
            .unwrap()
            .try_into()
            .unwrap();
        let further: Vec<_> = further.iter().map(|option| (*option).to_owned()).collect();
        of_program(program, &share, major, &further).join(" ")
    }

    const OPENS: &str = "--add-opens=java.base/java.nio=ALL-UNNAMED \
        --add-opens=java.base/sun.nio.ch=ALL-UNNAMED \
        --add-opens=java.base/jdk.internal.ref=ALL-UNNAMED \
        --add-exports=java.base/jdk.internal.ref=ALL-UNNAMED";

    const G1: &str = "-XX:+UseG1GC -XX:G1ReservePercent=25 -XX:InitiatingHeapOccupancyPercent=30 \
        -XX:SoftRefLRUPolicyMSPerMB=0 -XX:-OmitStackTraceInFastThrow";

    const LOG: &str =
        "-Xlog:gc*:file=/data/broker-a/logs/gc.log:time,tags:filecount=5,filesize=30m";

    const OLD_LOG: &str = "-Xloggc:/data/broker-a/logs/gc.log -XX:+PrintGCDetails \
        -XX:+PrintGCDateStamps -XX:+PrintGCApplicationStoppedTime";

    const ROTATED: &str =
        "-XX:+UseGCLogFileRotation -XX:NumberOfGCLogFiles=5 -XX:GCLogFileSize=30m";

    #[test]
    fn options_are_those_that_the_java_knows() {
        let cms = "-Xms2g -Xmx2g -Xmn1g -XX:MaxDirectMemorySize=1g -XX:PermSize=128m \
            -XX:MaxPermSize=320m -XX:+UseConcMarkSweepGC -XX:+UseCMSCompactAtFullCollection \
            -XX:CMSInitiatingOccupancyFraction=70 -XX:+CMSParallelRemarkEnabled \
            -XX:+CMSClassUnloadingEnabled -XX:SoftRefLRUPolicyMSPerMB=0 -XX:SurvivorRatio=8 \
            -XX:-OmitStackTraceInFastThrow -XX:-UseBiasedLocking";
        let g1 = format!("-Xms2g -Xmx2g -XX:MaxDirectMemorySize=1g {G1}");
        for (major, expected) in [
            (6, format!("{cms} {OLD_LOG}")),
            (7, format!("{cms} {OLD_LOG} {ROTATED}")),
            (8, format!("{g1} -XX:-UseBiasedLocking {OLD_LOG} {ROTATED}")),
            (11, format!("{g1} -XX:-UseBiasedLocking {OPENS} {LOG}")),
            (17, format!("{g1} {OPENS} {LOG}")),
            (25, format!("{g1} {OPENS} {LOG}")),
        ] {
            assert_eq!(options(&broker("2g", ""), major, &[]), expected, "{major}");
        }
    }

    #[test]
    fn a_large_heap_has_large_regions_and_a_given_young_part_is_kept() {
        assert_eq!(
            options(&broker("4g", "1g"), 17, &[]),
            format!(
                "-Xms4g -Xmx4g -Xmn1g -XX:MaxDirectMemorySize=2g -XX:G1HeapRegionSize=16m {G1} \
                 {OPENS} {LOG}"
            )
        );
        let nameserver = Program {
            store: None,
            ..broker("1g", "")
        };
        assert_eq!(
            options(&nameserver, 17, &[]),
            format!("-Xms1g -Xmx1g {G1} {OPENS} {LOG}")
        );
    }

    #[test]
    fn a_collector_that_is_chosen_is_the_only_one() {
        for chosen in ["-XX:+UseZGC", "-XX:+UseParallelGC"] {
            assert_eq!(
                options(&broker("8g", ""), 17, &["-Dx=y", chosen]),
                format!(
                    "-Xms8g -Xmx8g -XX:MaxDirectMemorySize=4g -XX:-OmitStackTraceInFastThrow \
                     {OPENS} {LOG}"
                )
            );
        }
    }
}
