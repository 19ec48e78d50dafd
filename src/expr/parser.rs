//! From words to an [`Expr`]: recursive descent, one function per level of binding.

use std::ops::Range;

use super::lexer::{Token, lex};
use super::{Expr, ExprError, Kind, Method, Op};

/// Nesting beyond this is nothing a person writes.
const DEPTH: usize = 50;

pub(super) fn parse(text: &str) -> Result<Expr, ExprError> {
    let mut parser = Parser { tokens: lex(text)?, next: 0, depth: 0 };
    let expr = parser.choice()?;
    match parser.peek() {
        Token::End => Ok(expr),
        _ => Err(parser.unexpected("an operator")),
    }
}

enum Relation {
    Compare(Op),
    In,
}

struct Parser {
    tokens: Vec<(Token, Range<usize>)>,
    next: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.next].0
    }

    fn range(&self) -> Range<usize> {
        self.tokens[self.next].1.clone()
    }

    /// End of the word that was read last.
    fn end(&self) -> usize {
        self.tokens[self.next.saturating_sub(1)].1.end
    }

    fn advance(&mut self) -> Token {
        let token = self.tokens[self.next].0.clone();
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        token
    }

    fn takes(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Token::Sign(s) if *s == sign);
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), ExprError> {
        if self.takes(sign) { Ok(()) } else { Err(self.unexpected(&format!("`{sign}`"))) }
    }

    fn unexpected(&self, wanted: &str) -> ExprError {
        let found = match self.peek() {
            Token::End => "the end".to_owned(),
            Token::Name(name) => format!("`{name}`"),
            Token::Text(text) => format!("'{text}'"),
            Token::Int(int) => format!("`{int}`"),
            Token::Sign(sign) => format!("`{sign}`"),
        };
        ExprError::new(self.range(), format!("expected {wanted}, found {found}"))
    }

    /// `c ? a : b`
    fn choice(&mut self) -> Result<Expr, ExprError> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(ExprError::new(self.range(), "nested too deeply"));
        }
        let start = self.range().start;
        let mut expr =
            self.any_of("||", Kind::Or, |p| p.any_of("&&", Kind::And, Parser::relation))?;
        if self.takes("?") {
            let yes = self.choice()?;
            self.expect(":")?;
            let no = self.choice()?;
            expr = self.node(start, Kind::If(Box::new([expr, yes, no])));
        }
        self.depth -= 1;
        Ok(expr)
    }

    fn any_of(
        &mut self,
        sign: &str,
        make: fn(Vec<Expr>) -> Kind,
        part: impl Fn(&mut Parser) -> Result<Expr, ExprError>,
    ) -> Result<Expr, ExprError> {
        let start = self.range().start;
        let first = part(self)?;
        if !matches!(self.peek(), Token::Sign(s) if *s == sign) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.takes(sign) {
            parts.push(part(self)?);
        }
        Ok(self.node(start, make(parts)))
    }

    fn relation(&mut self) -> Result<Expr, ExprError> {
        let start = self.range().start;
        let left = self.unary()?;
        let Some(relation) = self.coming() else {
            return Ok(left);
        };
        self.advance();
        let (left, right) = (Box::new(left), Box::new(self.unary()?));
        let kind = match relation {
            Relation::Compare(op) => Kind::Compare(op, left, right),
            Relation::In => Kind::In(left, right),
        };
        if self.coming().is_some() {
            return Err(self.unexpected("`&&` or `||` between two comparisons"));
        }
        Ok(self.node(start, kind))
    }

    /// The comparison that comes next.
    fn coming(&self) -> Option<Relation> {
        match self.peek() {
            Token::Sign("==") => Some(Relation::Compare(Op::Equal)),
            Token::Sign("!=") => Some(Relation::Compare(Op::Unequal)),
            Token::Sign("<") => Some(Relation::Compare(Op::Less)),
            Token::Sign("<=") => Some(Relation::Compare(Op::LessOrEqual)),
            Token::Sign(">") => Some(Relation::Compare(Op::Greater)),
            Token::Sign(">=") => Some(Relation::Compare(Op::GreaterOrEqual)),
            Token::Name(name) if name == "in" => Some(Relation::In),
            _ => None,
        }
    }

    fn unary(&mut self) -> Result<Expr, ExprError> {
        let start = self.range().start;
        let mut negations = 0;
        while self.takes("!") {
            negations += 1;
        }
        let mut expr = self.primary()?;
        if negations > 2 {
            return Err(ExprError::new(start..self.end(), "one `!` is enough"));
        }
        for _ in 0..negations {
            expr = self.node(start, Kind::Not(Box::new(expr)));
        }
        Ok(expr)
    }

    fn primary(&mut self) -> Result<Expr, ExprError> {
        let start = self.range().start;
        match self.peek().clone() {
            Token::Text(text) => {
                self.advance();
                Ok(self.node(start, Kind::Text(text.into())))
            }
            Token::Int(int) => {
                self.advance();
                Ok(self.node(start, Kind::Int(int)))
            }
            Token::Name(name) => self.name(&name, start),
            Token::Sign("(") => {
                self.advance();
                let inner = self.choice()?;
                self.expect(")")?;
                Ok(inner)
            }
            Token::Sign("[") => self.list(start),
            _ => Err(self.unexpected("a value")),
        }
    }

    fn list(&mut self, start: usize) -> Result<Expr, ExprError> {
        self.expect("[")?;
        let mut items = Vec::new();
        while !self.takes("]") {
            items.push(self.choice()?);
            if !self.takes(",") {
                self.expect("]")?;
                break;
            }
        }
        Ok(self.node(start, Kind::List(items)))
    }

    /// A word: `true`, a function, or a path with a method behind it.
    fn name(&mut self, first: &str, start: usize) -> Result<Expr, ExprError> {
        self.advance();
        match first {
            "true" | "false" => return Ok(self.node(start, Kind::Bool(first == "true"))),
            "in" => return Err(ExprError::new(start..start + 2, "expected a value, found `in`")),
            _ => {}
        }
        if self.takes("(") {
            return self.function(first, start);
        }
        let mut path = vec![first.into()];
        while self.takes(".") {
            let at = self.range();
            let Token::Name(name) = self.peek().clone() else {
                return Err(self.unexpected("a name"));
            };
            self.advance();
            if self.takes("(") {
                let receiver = Expr { kind: Kind::Path(path), range: start..at.start - 1 };
                return self.method(&name, at, receiver);
            }
            path.push(name.as_str().into());
        }
        Ok(self.node(start, Kind::Path(path)))
    }

    fn function(&mut self, name: &str, start: usize) -> Result<Expr, ExprError> {
        let known = matches!(name, "has" | "size");
        if !known {
            let message = format!("no function `{name}`; there are `has` and `size`");
            return Err(ExprError::new(start..start + name.len(), message));
        }
        let argument = self.choice()?;
        self.expect(")")?;
        let kind = match (name, argument.kind) {
            ("has", Kind::Path(path)) => Kind::Has(path),
            ("has", _) => {
                return Err(ExprError::new(argument.range, "`has` asks for a name"));
            }
            (_, kind) => Kind::Size(Box::new(Expr { kind, range: argument.range })),
        };
        Ok(self.node(start, kind))
    }

    fn method(&mut self, name: &str, at: Range<usize>, receiver: Expr) -> Result<Expr, ExprError> {
        let method = match name {
            "contains" => Method::Contains,
            "startsWith" => Method::StartsWith,
            "endsWith" => Method::EndsWith,
            _ => {
                let known = "`contains`, `startsWith` and `endsWith`";
                let message = format!("no method `{name}`; there are {known}");
                return Err(ExprError::new(at, message));
            }
        };
        let start = receiver.range.start;
        let argument = self.choice()?;
        self.expect(")")?;
        Ok(self.node(start, Kind::Match(method, Box::new(receiver), Box::new(argument))))
    }

    fn node(&self, start: usize, kind: Kind) -> Expr {
        Expr { kind, range: start..self.end() }
    }
}
