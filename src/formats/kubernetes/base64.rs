//! Base64 of Secrets and binary data (RFC 4648, the standard alphabet).

/// The bytes; `None` for text that is no base64. Line breaks are ignored, as YAML folds them in.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.bytes().filter(|b| !b.is_ascii_whitespace());
    let (mut out, mut bits, mut held, mut padding) = (Vec::new(), 0_u32, 0_u32, 0);
    for digit in digits {
        if digit == b'=' {
            padding += 1;
            continue;
        }
        let value = match digit {
            _ if padding > 0 => return None,
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    (held < 6 && padding <= 2).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(decode(text).as_deref(), expected.map(str::as_bytes), "{text}");
    }

    #[test]
    fn text_comes_back_and_other_text_is_refused() {
        check("", Some(""));
        check("aHVudGVyMg==", Some("hunter2"));
        check("aHVu\ndGVyMg==", Some("hunter2"));
        check("cGFzcw", Some("pass"));
        check("a", None);
        check("not base64!", None);
        check("aH==dG", None);
    }
}
