//! How far two words lie apart, to say what was probably meant.

/// How many letters are to be inserted, removed or replaced, or neighbours to be swapped, to make
/// one word of the other. Only the first hundred letters count: nobody mistypes longer names.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(100).collect();
    let b: Vec<char> = b.chars().take(100).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let replaced = row[j] + usize::from(x != y);
            let mut least = replaced.min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                least = least.min(before[j - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(a: &str, b: &str, expected: usize) {
        assert_eq!((distance(a, b), distance(b, a)), (expected, expected), "{a} {b}");
    }

    #[test]
    fn a_slip_of_the_hand_is_one_step() {
        check("ttl", "ttl", 0);
        check("", "ttl", 3);
        check("retenton", "retention", 1);
        check("retention", "retenxion", 1);
        check("retnetion", "retention", 1);
        check("größe", "grösse", 2);
    }
}
