//! Globs of names: `*` is any number of letters, `?` is one, and the whole name is meant.

/// Whether a glob means a name. Linear but for going back to the last star.
pub(crate) fn matches(glob: &str, name: &str) -> bool {
    let (glob, name) = (glob.as_bytes(), name.as_bytes());
    let (mut g, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        if glob.get(g) == Some(&b'*') {
            star = Some((g, n));
            g += 1;
        } else if glob.get(g).is_some_and(|c| *c == b'?' || *c == name[n]) {
            g += 1;
            n += 1;
        } else if let Some((at, taken)) = star {
            star = Some((at, taken + 1));
            g = at + 1;
            n = taken + 1;
        } else {
            return false;
        }
    }
    glob[g..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(glob: &str, name: &str, expected: bool) {
        assert_eq!(matches(glob, name), expected, "{glob} {name}");
    }

    #[test]
    fn a_glob_means_the_whole_name() {
        check("user_*", "user_email", true);
        check("user_*", "last_user_email", false);
        check("*_e?ail", "user_email", true);
        check("*a*b", "aab", true);
        check("*a*b", "aaba", false);
        check("", "", true);
        check("?", "", false);
    }
}
