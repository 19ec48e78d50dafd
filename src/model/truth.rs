//! Answers in three values, with the grounds they rest on.

use super::fact::{Name, Why};
use crate::source::Place;

/// Kleene's three values.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Answer {
    No,
    Unknown,
    Yes,
}

/// How sure a finding is; never written by hand, always read from a [`Truth`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Confidence {
    /// A value that the files do not tell decides.
    Possible,
    /// A heuristic took part: a name, an image.
    Likely,
    /// Follows from what is written and from documented defaults.
    Certain,
}

/// An answer and the facts that decided it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Truth {
    pub(crate) answer: Answer,
    /// What was guessed among the deciding facts.
    pub(crate) guesses: Vec<Name>,
    /// What decides, where the answer is unknown.
    pub(crate) whys: Vec<(Why, Place)>,
    /// Whether somebody wrote at least one of the deciding facts.
    pub(crate) written: bool,
    /// The fields of the entity that decided, for evidence and fingerprints.
    pub(crate) fields: Vec<Name>,
}

impl Truth {
    /// An answer that rests on nothing but logic.
    pub(crate) fn plain(answer: bool) -> Truth {
        let answer = if answer { Answer::Yes } else { Answer::No };
        Truth { answer, guesses: Vec::new(), whys: Vec::new(), written: false, fields: Vec::new() }
    }

    pub(crate) fn unknown(why: Why, place: Place) -> Truth {
        Truth { answer: Answer::Unknown, whys: vec![(why, place)], ..Truth::plain(false) }
    }

    pub(crate) fn is_yes(&self) -> bool {
        self.answer == Answer::Yes
    }

    /// The contract's word for this answer; `None` where it is No.
    pub(crate) fn confidence(&self) -> Option<Confidence> {
        match self.answer {
            Answer::No => None,
            Answer::Unknown => Some(Confidence::Possible),
            Answer::Yes if self.guesses.is_empty() => Some(Confidence::Certain),
            Answer::Yes => Some(Confidence::Likely),
        }
    }

    /// Conjunction: No if either is No, with the grounds of the one that decided.
    #[must_use]
    pub(crate) fn and(self, other: Truth) -> Truth {
        match (self.answer, other.answer) {
            (Answer::No, Answer::No) => self.firmer(other),
            (Answer::No, _) => self,
            (_, Answer::No) => other,
            (a, b) => self.joined(other, a.min(b)),
        }
    }

    /// Disjunction: Yes if either is Yes, with the grounds of the one that decided.
    #[must_use]
    pub(crate) fn or(self, other: Truth) -> Truth {
        match (self.answer, other.answer) {
            (Answer::Yes, Answer::Yes) => self.firmer(other),
            (Answer::Yes, _) => self,
            (_, Answer::Yes) => other,
            (a, b) => self.joined(other, a.max(b)),
        }
    }

    /// Two answers that each decide alone: the one that rests on fewer guesses.
    fn firmer(self, other: Truth) -> Truth {
        if other.guesses.len() < self.guesses.len() { other } else { self }
    }

    fn joined(mut self, other: Truth, answer: Answer) -> Truth {
        self.answer = answer;
        self.written |= other.written;
        for guess in other.guesses {
            if !self.guesses.contains(&guess) {
                self.guesses.push(guess);
            }
        }
        for why in other.whys {
            if !self.whys.contains(&why) {
                self.whys.push(why);
            }
        }
        for field in other.fields {
            if !self.fields.contains(&field) {
                self.fields.push(field);
            }
        }
        self
    }
}

impl std::ops::Not for Truth {
    type Output = Truth;

    /// Unknown stays unknown.
    fn not(mut self) -> Truth {
        self.answer = match self.answer {
            Answer::Yes => Answer::No,
            Answer::No => Answer::Yes,
            Answer::Unknown => Answer::Unknown,
        };
        self
    }
}

impl Confidence {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Confidence::Certain => "certain",
            Confidence::Likely => "likely",
            Confidence::Possible => "possible",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Answer::{No, Unknown, Yes};

    fn of(answer: Answer) -> Truth {
        Truth { answer, ..Truth::plain(false) }
    }

    #[test]
    fn logic_is_kleenes() {
        let table = [
            (Yes, Yes, Yes, Yes),
            (Yes, No, No, Yes),
            (Yes, Unknown, Unknown, Yes),
            (No, No, No, No),
            (No, Unknown, No, Unknown),
            (Unknown, Unknown, Unknown, Unknown),
        ];
        for (a, b, and, or) in table {
            assert_eq!(of(a).and(of(b)).answer, and, "{a:?} && {b:?}");
            assert_eq!(of(b).and(of(a)).answer, and, "{b:?} && {a:?}");
            assert_eq!(of(a).or(of(b)).answer, or, "{a:?} || {b:?}");
            assert_eq!(of(b).or(of(a)).answer, or, "{b:?} || {a:?}");
        }
        assert_eq!((!of(Unknown)).answer, Unknown);
    }

    #[test]
    fn a_no_that_decides_alone_sheds_the_guess_beside_it() {
        let guess = Truth { guesses: vec!["a name".into()], ..of(No) };
        assert!(guess.and(of(No)).guesses.is_empty());
    }
}
