//! Memory sizes in the form of Java's options.

/// A memory size in the form of Java's options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::rocketmq) struct Size {
    /// As it was written.
    pub(in crate::rocketmq) text: String,
    pub(in crate::rocketmq) bytes: u64,
}

impl Size {
    /// Parses `512m`, `4g` or a number of bytes; `None` for anything else.
    pub(in crate::rocketmq) fn read(text: &str) -> Option<Self> {
        let digits = text.strip_suffix(|c: char| c.is_ascii_alphabetic());
        let shift = match text.strip_prefix(digits.unwrap_or(text)) {
            None | Some("") => 0,
            Some("k" | "K") => 10,
            Some("m" | "M") => 20,
            Some("g" | "G") => 30,
            Some("t" | "T") => 40,
            Some(_) => return None,
        };
        let number: u64 = digits.unwrap_or(text).parse().ok()?;
        Some(Self {
            text: text.to_owned(),
            bytes: number.saturating_mul(1 << shift),
        })
    }

    /// Returns this many bytes in whole MiB.
    pub(super) fn of(bytes: u64) -> Self {
        let mebibytes = bytes >> 20;
        let text = match mebibytes % 1024 {
            0 if mebibytes > 0 => format!("{}g", mebibytes / 1024),
            _ => format!("{mebibytes}m"),
        };
        Self {
            text,
            bytes: mebibytes << 20,
        }
    }
}

/// Formats it as `3.8 GiB`, or `512 MiB` below one.
pub(in crate::rocketmq) fn shown(bytes: u64) -> String {
    let mebibytes = bytes >> 20;
    if mebibytes < 1024 {
        return format!("{mebibytes} MiB");
    }
    let tenths = mebibytes.saturating_mul(10) / 1024;
    format!("{}.{} GiB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_shown() {
        for (text, bytes, shown_as) in [
            ("512m", 512 << 20, "512 MiB"),
            ("4G", 4 << 30, "4.0 GiB"),
            ("1536M", 1536 << 20, "1.5 GiB"),
            ("1073741824", 1 << 30, "1.0 GiB"),
        ] {
            let size = Size::read(text).unwrap();
            assert_eq!((size.text.as_str(), size.bytes), (text, bytes));
            assert_eq!(shown(bytes), shown_as);
        }
        for text in ["", "m", "1x", "4 gb", "x4g"] {
            assert_eq!(Size::read(text), None, "{text}");
        }
    }

    #[test]
    fn sizes_are_written_in_whole_mebibytes() {
        for (bytes, text) in [
            (4 << 30, "4g"),
            (1536 << 20, "1536m"),
            ((80 << 20) + 5, "80m"),
            (5, "0m"),
        ] {
            assert_eq!(Size::of(bytes).text, text);
        }
    }
}
