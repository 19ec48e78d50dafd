//! Digests of texts and files.

use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::encoding::encode;
use super::{Call, Function};
use crate::formats::terraform::lang::stop::{Outcome, fails};

pub(super) fn find(name: &str) -> Option<Function> {
    Some(match name {
        "md5" | "sha1" | "sha256" | "sha512" | "base64sha256" | "base64sha512" => {
            |call| Ok(call.string(of(call.name, call.text(0)?.as_bytes())))
        }
        "uuidv5" => uuidv5,
        _ => return None,
    })
}

/// The digest that a function of texts, or the part behind `file` of a function of files, names.
pub(super) fn of(name: &str, bytes: &[u8]) -> String {
    match name {
        "md5" => hexadecimal(&md5::Md5::digest(bytes)),
        "sha1" => hexadecimal(&Sha1::digest(bytes)),
        "sha256" => hexadecimal(&Sha256::digest(bytes)),
        "sha512" => hexadecimal(&Sha512::digest(bytes)),
        "base64sha256" => encode(&Sha256::digest(bytes)),
        _ => encode(&Sha512::digest(bytes)),
    }
}

/// The digest that a function of files gives: `filemd5`, `filebase64sha256`.
pub(super) fn of_file(name: &str) -> Option<&str> {
    let digest = name.strip_prefix("file")?;
    let known = ["md5", "sha1", "sha256", "sha512", "base64sha256", "base64sha512"];
    known.contains(&digest).then_some(digest)
}

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| DIGITS[usize::from(nibble & 15)] as char;
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// A name-based UUID (RFC 9562, sections 5.5 and 6.6).
fn uuidv5(call: &Call) -> Outcome {
    let (space, name) = (call.text(0)?, call.text(1)?);
    let space = match &*space {
        "dns" => "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "url" => "6ba7b811-9dad-11d1-80b4-00c04fd430c8",
        "oid" => "6ba7b812-9dad-11d1-80b4-00c04fd430c8",
        "x500" => "6ba7b814-9dad-11d1-80b4-00c04fd430c8",
        other => other,
    };
    let digits: String = space.chars().filter(|c| *c != '-').collect();
    let Some(space) = u128::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 32) else {
        return fails("a text that is no UUID");
    };
    let mut hasher = Sha1::new();
    hasher.update(space.to_be_bytes());
    hasher.update(name.as_bytes());
    let mut bytes = hasher.finalize();
    bytes[6] = bytes[6] & 0x0f | 0x50;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let text = hexadecimal(&bytes[..16]);
    let parts = [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]];
    Ok(call.string(parts.join("-")))
}
