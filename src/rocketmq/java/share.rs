//! A program's share of its host's memory.

use super::size::{Size, shown};
use crate::rocketmq::program::Program;

/// A program's share of its host's memory, with which it is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::rocketmq) struct Share {
    /// Its heap, allocated in full at the start: a heap that grows does so at the busiest moment.
    pub(in crate::rocketmq) heap: Size,
    /// The heap's part for young objects, if set.
    pub(in crate::rocketmq) young: Option<Size>,
    /// Direct memory of a broker on top of the heap, for what it receives and sends.
    pub(in crate::rocketmq) direct: Option<Size>,
}

/// How many fifths of the memory left by Java's own overhead go to heaps and direct memory
/// together. Everything is rounded down afterwards, so in practice they get about half; the other
/// half is for the page cache, which makes RocketMQ fast.
const FIFTHS: u64 = 3;

/// A nameserver keeps only routes. Its part of the memory does not depend on brokers beside it, so
/// it can keep running when one is added or removed.
const PART_OF_NAMESERVER: u64 = 14;

/// The rest goes to the brokers: each gets this many parts for its heap, and half as many for
/// direct memory.
const HEAP_OF_BROKER: u64 = 4;
const ALL_OF_BROKER: u64 = 6;

/// The largest heap in bytes, as in RocketMQ's own scripts: a larger one only makes collections
/// longer.
const MOST_OF_BROKER: u64 = 8 << 30;
const MOST_OF_NAMESERVER: u64 = 4 << 30;

/// The smallest heap in bytes with which 3.2.6, 4.9.7 and 5.3.3 were seen to start and serve.
const LEAST_OF_BROKER: u64 = 128 << 20;
const LEAST_OF_NAMESERVER: u64 = 64 << 20;
const LEAST_DIRECT: u64 = 64 << 20;

impl Share {
    /// Returns the share of each program of a host, or an error that names an invalid setting.
    ///
    /// A size that is set is kept. The others are derived from the host's memory, `total` bytes,
    /// and its programs. Setting one size does not change another, except that direct memory is
    /// half the heap. The derived sizes stay the same until the memory changes by an eighth.
    pub(in crate::rocketmq) fn of_all(
        total: Option<u64>,
        programs: &[Program],
    ) -> Result<Vec<Self>, String> {
        let heaps = total.map(|total| Heaps::of(total, programs));
        let programs = programs.iter();
        programs
            .map(|program| Self::of(program, heaps.as_ref()))
            .collect()
    }

    fn of(program: &Program, heaps: Option<&Heaps>) -> Result<Self, String> {
        let heap = match (given(program, "heap", &program.heap)?, heaps) {
            (Some(heap), heaps) => heap.fitting(program, heaps.map(|heaps| heaps.total))?,
            (None, Some(heaps)) if program.is_broker() => Size::of(heaps.broker),
            (None, Some(heaps)) => Size::of(heaps.nameserver),
            (None, None) => {
                let variable = program.variable("heap");
                return Err(format!(
                    "the host does not report how much memory it has: set {variable}"
                ));
            }
        };
        let direct = given(program, "direct_memory", &program.direct_memory)?;
        let half = Size::of((heap.bytes / 2).max(LEAST_DIRECT));
        let young = given(program, "young", &program.young)?;
        if let Some(young) = &young
            && young.bytes >= heap.bytes
        {
            let variable = program.variable("young");
            return Err(format!(
                "{variable} is {}, but the heap of {} has {} in all",
                young.text, program.name, heap.text
            ));
        }
        Ok(Self {
            young,
            direct: direct.or_else(|| program.is_broker().then_some(half)),
            heap,
        })
    }
}

impl Size {
    /// Returns a heap that is set, or why a program cannot run with it.
    fn fitting(self, program: &Program, total: Option<u64>) -> Result<Self, String> {
        let (least, kind) = if program.is_broker() {
            (LEAST_OF_BROKER, "broker")
        } else {
            (LEAST_OF_NAMESERVER, "nameserver")
        };
        let (variable, text) = (program.variable("heap"), &self.text);
        if self.bytes < least {
            let least = Self::of(least).text;
            let unit = match text.parse::<u64>() {
                Ok(_) => "; a number without a unit counts bytes",
                Err(_) => "",
            };
            return Err(format!(
                "{variable} is {text}, but a {kind} needs {least} or more{unit}"
            ));
        }
        match total {
            Some(total) if self.bytes > total => Err(format!(
                "{variable} is {text}, but the host has {} of memory",
                shown(total)
            )),
            _ => Ok(self),
        }
    }
}

/// Parses a setting; an empty one counts as unset.
fn given(program: &Program, part: &str, text: &str) -> Result<Option<Size>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let size = Size::read(text);
    let wrong = || {
        let variable = program.variable(part);
        format!("{variable} is {text:?}, not a size such as 512m or 4g")
    };
    size.map(Some).ok_or_else(wrong)
}

/// The heaps derived from the host's memory, in bytes.
struct Heaps {
    /// The host's memory in bytes.
    total: u64,
    nameserver: u64,
    broker: u64,
}

impl Heaps {
    fn of(total: u64, programs: &[Program]) -> Self {
        let rounded = coarse(total);
        let nameserver = coarse(rounded / PART_OF_NAMESERVER);
        let nameserver = nameserver.clamp(LEAST_OF_NAMESERVER, MOST_OF_NAMESERVER);
        let of_java: u64 = programs.iter().map(Program::taken_by_java).sum();
        let (brokers, nameservers): (Vec<_>, Vec<_>) =
            programs.iter().partition(|program| program.is_broker());
        let left = (rounded.saturating_sub(of_java) / 5 * FIFTHS)
            .saturating_sub(nameserver * nameservers.len() as u64);
        let part = left / ALL_OF_BROKER / brokers.len().max(1) as u64;
        let broker = coarse(part * HEAP_OF_BROKER).clamp(LEAST_OF_BROKER, MOST_OF_BROKER);
        Self {
            total,
            nameserver,
            broker,
        }
    }
}

/// Rounds down to one of four steps between powers of two. Machines have slightly less than the
/// round number they are sold with, and another kernel gives a few MiB more or less: all of that is
/// the same step.
fn coarse(bytes: u64) -> u64 {
    let power = bytes.checked_ilog2().unwrap_or(0);
    let step = 1 << power.saturating_sub(2);
    bytes / step * step
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programs(nameserver: bool, brokers: usize) -> Vec<Program> {
        let nameserver = nameserver.then(|| Program {
            name: "nameserver".to_owned(),
            ..Program::default()
        });
        let broker = Program {
            name: "broker-a".to_owned(),
            store: Some("/store".into()),
            ..Program::default()
        };
        let brokers = std::iter::repeat_n(broker, brokers);
        nameserver.into_iter().chain(brokers).collect()
    }

    /// Returns `heap` of a nameserver and `heap+direct` of each broker.
    fn worked_out(mebibytes: u64, programs: &[Program]) -> String {
        let all = Share::of_all(Some(mebibytes << 20), programs).unwrap();
        let text = all.iter().map(|share| match &share.direct {
            Some(direct) => format!("{}+{}", share.heap.text, direct.text),
            None => share.heap.text.clone(),
        });
        text.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn heaps_follow_from_the_memory_and_the_programs() {
        for (mebibytes, nameserver, brokers, expected) in [
            (482, true, 1, "64m 128m+64m"),
            (928, true, 1, "64m 160m+80m"),
            (991, true, 1, "64m 160m+80m"),
            (991, true, 0, "64m"),
            (991, false, 1, "256m+128m"),
            (1970, true, 1, "128m 448m+224m"),
            (1970, true, 2, "128m 160m+80m 160m+80m"),
            (3900, true, 1, "256m 1g+512m"),
            (7900, true, 1, "512m 2g+1g"),
            (7900, true, 2, "512m 1g+512m 1g+512m"),
            (7900, true, 0, "512m"),
            (7900, false, 1, "2560m+1280m"),
            (15900, true, 1, "1g 4g+2g"),
            (32000, true, 1, "2g 8g+4g"),
            (64000, true, 1, "4g 8g+4g"),
            (64000, true, 4, "4g 4g+2g 4g+2g 4g+2g 4g+2g"),
            (512_000, true, 1, "4g 8g+4g"),
        ] {
            assert_eq!(
                worked_out(mebibytes, &programs(nameserver, brokers)),
                expected,
                "{mebibytes} MiB, {brokers} brokers"
            );
        }
    }

    #[test]
    fn about_half_of_the_memory_is_left() {
        for (nameserver, brokers, least) in [
            (true, 0, 300),
            (false, 1, 600),
            (true, 1, 900),
            (true, 2, 1500),
            (false, 3, 1800),
        ] {
            let programs = programs(nameserver, brokers);
            for mebibytes in (least..300_000).step_by(97) {
                let total = mebibytes << 20;
                let all = Share::of_all(Some(total), &programs).unwrap();
                let heaps: u64 = all.iter().map(|share| share.heap.bytes).sum();
                let direct = all.iter().filter_map(|share| share.direct.as_ref());
                let direct: u64 = direct.map(|direct| direct.bytes).sum();
                let of_java: u64 = programs.iter().map(Program::taken_by_java).sum();
                assert!(heaps + direct <= total / 5 * FIFTHS, "{mebibytes} MiB");
                assert!(heaps + of_java < total / 100 * 69, "{mebibytes} MiB");
            }
        }
    }

    #[test]
    fn another_kernel_does_not_change_heaps() {
        for nominal in [
            1024, 2048, 4096, 8192, 12_288, 16_384, 24_576, 65_536, 98_304,
        ] {
            for programs in [programs(true, 1), programs(false, 1), programs(true, 2)] {
                let expected = worked_out(nominal * 99 / 100, &programs);
                for percent in 90..99 {
                    let found = worked_out(nominal * percent / 100, &programs);
                    assert_eq!(found, expected, "{percent} % of {nominal} MiB");
                }
            }
        }
    }

    #[test]
    fn what_is_set_is_kept_and_the_rest_follows() {
        let mut two = programs(true, 1);
        two[0].heap = "700M".to_owned();
        assert_eq!(worked_out(7900, &two), "700M 2g+1g");
        two[1].heap = "3000m".to_owned();
        two[1].young = "1g".to_owned();
        assert_eq!(worked_out(7900, &two), "700M 3000m+1500m");
        two[1].direct_memory = "9g".to_owned();
        assert_eq!(worked_out(7900, &two), "700M 3000m+9g");
        let all = Share::of_all(None, &two).unwrap();
        assert_eq!(all[1].young, Size::read("1g"));
    }

    #[test]
    fn what_is_no_size_is_named() {
        let refused = |total, change: fn(&mut Program)| {
            let mut programs = programs(true, 1);
            change(&mut programs[1]);
            Share::of_all(total, &programs).unwrap_err()
        };
        let total = Some(8 << 30);
        assert_eq!(
            refused(total, |broker| broker.heap = "1x".to_owned()),
            "rocketmq_broker_heap is \"1x\", not a size such as 512m or 4g"
        );
        assert_eq!(
            refused(total, |broker| broker.direct_memory = "much".to_owned()),
            "rocketmq_broker_direct_memory is \"much\", not a size such as 512m or 4g"
        );
        for (heap, young, expected) in [
            (
                "512",
                "",
                "rocketmq_broker_heap is 512, but a broker needs 128m or more; a number without a unit \
                 counts bytes",
            ),
            (
                "1m",
                "",
                "rocketmq_broker_heap is 1m, but a broker needs 128m or more",
            ),
            (
                "9g",
                "",
                "rocketmq_broker_heap is 9g, but the host has 8.0 GiB of memory",
            ),
            (
                "512m",
                "2g",
                "rocketmq_broker_young is 2g, but the heap of broker-a has 512m in all",
            ),
            (
                "512m",
                "512m",
                "rocketmq_broker_young is 512m, but the heap of broker-a has 512m in all",
            ),
        ] {
            let mut programs = programs(true, 1);
            programs[1].heap = heap.to_owned();
            programs[1].young = young.to_owned();
            assert_eq!(Share::of_all(total, &programs).unwrap_err(), expected);
        }
        assert_eq!(
            refused(None, |broker| broker.heap = "1g".to_owned()),
            "the host does not report how much memory it has: set rocketmq_nameserver_heap"
        );
    }
}
