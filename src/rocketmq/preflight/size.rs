//! Sizes as Java reads them, and as people do.

/// Returns the bytes of `512m`, `4g`, `1048576`.
pub(super) fn read(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let wrong = || format!("{text:?} is no size such as 512m or 4g");
    let digits = text.strip_suffix(|c: char| c.is_ascii_alphabetic());
    let shift = match text.strip_prefix(digits.unwrap_or(text)) {
        None | Some("") => 0,
        Some("k" | "K") => 10,
        Some("m" | "M") => 20,
        Some("g" | "G") => 30,
        Some("t" | "T") => 40,
        Some(_) => return Err(wrong()),
    };
    let number: u64 = digits.unwrap_or(text).parse().map_err(|_| wrong())?;
    Ok(number.saturating_mul(1 << shift))
}

/// Returns `3.8 GiB`, or `512 MiB` below one.
pub(super) fn shown(bytes: u64) -> String {
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
            assert_eq!(read(text), Ok(bytes));
            assert_eq!(shown(bytes), shown_as);
        }
        for text in ["", "m", "4 gb", "x4g"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
