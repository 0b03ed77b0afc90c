//! The version that a RocketMQ program reports in every answer: its number in the list of all
//! versions (`MQVersion`), in which each version has one number for its snapshots and one for
//! itself.

/// The numbers from 4.0.0 on: every version with one digit in each position.
const OF_4: u32 = 212;

/// Those of 3.3.1 to 3.9.9, without those that end in zero.
const OF_3_3: u32 = 86;

/// Those of 3.1.0 to 3.2.9.
const OF_3_1: u32 = 46;

/// The number after the list: a later version than it knows.
const LATER: u32 = 612;

/// Returns the version with this number, such as `4.9.7`.
pub(super) fn name(number: i32) -> Option<String> {
    let number = u32::try_from(number).ok()?;
    let place = |first: u32| (number - first) / 2;
    let (major, minor, patch) = match number {
        OF_4..LATER => {
            let place = place(OF_4);
            (4 + place / 100, place / 10 % 10, place % 10)
        }
        OF_3_3..OF_4 => (3, 3 + place(OF_3_3) / 9, 1 + place(OF_3_3) % 9),
        OF_3_1..OF_3_3 => (3, 1 + place(OF_3_1) / 10, place(OF_3_1) % 10),
        _ => return None,
    };
    Some(format!("{major}.{minor}.{patch}"))
}

/// Returns a version without its suffix: programs do not report whether they are a release
/// candidate.
pub(super) fn plain(version: &str) -> &str {
    version.split('-').next().unwrap_or(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_versions() {
        for (number, expected) in [
            (46, "3.1.0"),
            (78, "3.2.6"),
            (79, "3.2.6"),
            (85, "3.2.9"),
            (87, "3.3.1"),
            (123, "3.5.1"),
            (139, "3.5.9"),
            (211, "3.9.9"),
            (213, "4.0.0"),
            (407, "4.9.7"),
            (412, "5.0.0"),
            (479, "5.3.3"),
        ] {
            assert_eq!(name(number).as_deref(), Some(expected), "{number}");
        }
        for number in [-1, 0, 45, 612, 9999] {
            assert_eq!(name(number), None, "{number}");
        }
    }
}
