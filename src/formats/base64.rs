//! Base64 (RFC 4648): as Secrets, binary data and nested scripts hold it, and as Terraform reads it.

/// What six bits stand for in the standard alphabet.
pub(super) const ALPHABET: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The bytes; `None` for text that is no base64. Line breaks are ignored, as YAML folds them in, and
/// the alphabet for addresses counts as well.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    let padding = digits.iter().rev().take_while(|b| **b == b'=').count();
    let digits = &digits[..digits.len() - padding];
    (digits.len() % 4 != 1 && padding <= 2).then_some(())?;
    bytes(digits.iter().map(|digit| match digit {
        b'-' => b'+',
        b'_' => b'/',
        digit => *digit,
    }))
}

/// The bytes of a text that is padded as the standard asks, and holds nothing else.
pub(super) fn decode_strictly(text: &str) -> Option<Vec<u8>> {
    text.len().is_multiple_of(4).then(|| bytes(text.trim_end_matches('=').bytes()))?
}

fn bytes(digits: impl Iterator<Item = u8>) -> Option<Vec<u8>> {
    let (mut out, mut bits, mut held) =
        (Vec::with_capacity(digits.size_hint().0 / 4 * 3), 0_u32, 0);
    for digit in digits {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
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
    Some(out)
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
