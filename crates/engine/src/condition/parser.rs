//! Tokens to an untyped tree: a Pratt parser with CEL's precedences, which counts its depth before it
//! goes deeper.

use super::Problem;
use super::token::{Spot, Token, tokens};
use super::tree::{Shape, Tree};
use crate::finding::Code;
use std::ops::Range;

/// Longest condition, in characters.
pub const LONGEST: usize = 2_000;
/// Deepest nesting: brackets, calls, signs, `? :` and chains of arithmetic. A chain of `&&` or `||`
/// counts once.
pub const DEEPEST: usize = 32;

/// The parser stopped; the problem is said.
struct Stop;

type Parsed<T> = Result<T, Stop>;

struct Parser<'t> {
    text: &'t str,
    spots: Vec<Spot>,
    at: usize,
    level: usize,
    problems: Vec<Problem>,
}

/// Reads a text. The tree is there if nothing stopped the parser; there may be problems all the same.
pub(super) fn parse(text: &str) -> (Option<Tree>, Vec<Problem>) {
    let mut problems = Vec::new();
    let length = text.chars().count();
    if length > LONGEST {
        let start = text.char_indices().nth(LONGEST).map_or(0, |(at, _)| at);
        problems.push(Problem {
            code: Code::ConditionTooLarge,
            span: start..text.len(),
            message: format!("the condition has {length} characters"),
            label: format!("at most {LONGEST} are allowed"),
            help: "split it: several rules, or a list with `in [..]` instead of many `||`".into(),
        });
        return (None, problems);
    }
    let Some(spots) = tokens(text, &mut problems) else {
        return (None, problems);
    };
    let mut parser = Parser {
        text,
        spots,
        at: 0,
        level: 0,
        problems,
    };
    let tree = parser.whole().ok();
    (tree, parser.problems)
}

const COMPARISON: u8 = 4;

/// How tightly the binary operators bind: CEL's order.
fn power(token: &Token) -> Option<(u8, &'static str)> {
    Some(match token {
        Token::In => (COMPARISON, "in"),
        Token::Sign(sign) => match *sign {
            "?" => (1, sign),
            "||" => (2, sign),
            "&&" => (3, sign),
            "==" | "!=" | "<" | "<=" | ">" | ">=" => (COMPARISON, sign),
            "+" | "-" => (5, sign),
            "*" | "/" | "%" => (6, sign),
            _ => return None,
        },
        _ => return None,
    })
}

impl Parser<'_> {
    fn token(&self) -> &Token {
        self.spots
            .get(self.at)
            .map_or(&Token::End, |spot| &spot.token)
    }

    fn span(&self) -> Range<usize> {
        self.spots
            .get(self.at)
            .map_or(self.text.len()..self.text.len(), |spot| spot.span.clone())
    }

    fn is(&self, sign: &str) -> bool {
        matches!(self.token(), Token::Sign(found) if *found == sign)
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = self.is(sign);
        if found {
            self.at += 1;
        }
        found
    }

    fn stop<T>(&mut self, label: impl Into<String>, help: impl Into<String>) -> Parsed<T> {
        let mut span = self.span();
        let found = self.token().shown(&self.text[span.clone()]);
        if span.is_empty() {
            // The end has no width; the last character carries the underline.
            let last = self.text.trim_end();
            span = last.char_indices().last().map_or(0, |(at, _)| at)..last.len();
        }
        self.problems.push(Problem {
            code: Code::ConditionSyntax,
            span,
            message: format!("{found} was not expected here"),
            label: label.into(),
            help: help.into(),
        });
        Err(Stop)
    }

    fn node(&mut self, shape: Shape, span: Range<usize>) -> Parsed<Tree> {
        let mut tree = Tree {
            shape,
            span,
            depth: 0,
        };
        tree.depth = 1 + tree
            .parts()
            .iter()
            .map(|part| part.depth)
            .max()
            .unwrap_or(0);
        if tree.depth > DEEPEST {
            return Err(self.too_deep(tree.span));
        }
        Ok(tree)
    }

    fn too_deep(&mut self, span: Range<usize>) -> Stop {
        self.problems.push(Problem {
            code: Code::ConditionTooLarge,
            span,
            message: format!("the condition is nested more than {DEEPEST} deep"),
            label: "this is too deep".into(),
            help: "split it into several rules, or remove brackets".into(),
        });
        Stop
    }

    fn whole(&mut self) -> Parsed<Tree> {
        if *self.token() == Token::End {
            let span = 0..self.text.len();
            self.problems.push(Problem {
                code: Code::ConditionSyntax,
                span,
                message: "the condition is empty".into(),
                label: "nothing is asked".into(),
                help: "leave the key out, or write what must hold: `event.net >= 10.00`".into(),
            });
            return Err(Stop);
        }
        let tree = self.expression(0)?;
        match self.token() {
            Token::End => Ok(tree),
            Token::Sign(")" | "]") => {
                self.stop("nothing is open that this could close", "remove it")
            }
            _ => self.stop(
                "an operator is missing before it",
                "join the two parts with `&&` or `||`",
            ),
        }
    }

    /// One level deeper, for everything that can nest without end.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.level >= DEEPEST {
            let span = self.span();
            return Err(self.too_deep(span));
        }
        self.level += 1;
        let result = read(self);
        self.level -= 1;
        result
    }

    fn expression(&mut self, least: u8) -> Parsed<Tree> {
        let mut left = self.prefix()?;
        // The second side of the comparison that was read last, to see chains.
        let mut middle: Option<Tree> = None;
        while let Some((power, sign)) = power(self.token()) {
            if power < least {
                break;
            }
            self.at += 1;
            let before = middle.take();
            left = match sign {
                "?" => self.choose(left)?,
                "&&" | "||" => self.chain(left, power, sign)?,
                _ => {
                    let right = self.expression(power + 1)?;
                    let span = left.span.start..right.span.end;
                    if power == COMPARISON {
                        middle = Some(right.clone());
                        if let Some(before) = before {
                            left = self.chained(left, sign, before, right)?;
                            continue;
                        }
                    }
                    let (left, right) = (Box::new(left), Box::new(right));
                    let shape = match (sign, power) {
                        ("in", _) => Shape::In(left, right),
                        (_, COMPARISON) => Shape::Compare(sign, left, right),
                        _ => Shape::Arithmetic(sign, left, right),
                    };
                    self.node(shape, span)?
                }
            };
        }
        Ok(left)
    }

    fn choose(&mut self, condition: Tree) -> Parsed<Tree> {
        self.deeper(|parser| {
            let yes = parser.expression(0)?;
            if !parser.take(":") {
                return parser.stop(
                    "`:` and the value for the other case belong here",
                    "write `condition ? value : other`",
                );
            }
            let no = parser.expression(1)?;
            let span = condition.span.start..no.span.end;
            parser.node(
                Shape::Choose(Box::new(condition), Box::new(yes), Box::new(no)),
                span,
            )
        })
    }

    fn chain(&mut self, left: Tree, power: u8, sign: &'static str) -> Parsed<Tree> {
        let start = left.span.start;
        let mut parts = vec![left, self.expression(power + 1)?];
        while self.take(sign) {
            parts.push(self.expression(power + 1)?);
        }
        let end = parts.last().map_or(start, |part| part.span.end);
        let shape = if sign == "&&" {
            Shape::All(parts)
        } else {
            Shape::Any(parts)
        };
        self.node(shape, start..end)
    }

    /// `a < b < c` is said, and read on as what was meant: `a < b && b < c`.
    fn chained(
        &mut self,
        left: Tree,
        sign: &'static str,
        middle: Tree,
        right: Tree,
    ) -> Parsed<Tree> {
        let span = left.span.start..right.span.end;
        let (first, between, last) = (
            &self.text[left.span.clone()],
            &self.text[middle.span.clone()],
            &self.text[right.span.clone()],
        );
        self.problems.push(Problem {
            code: Code::ConditionRefused,
            span: span.clone(),
            message: "comparisons cannot be chained".into(),
            label: format!("`{sign}` would ask about true or false, not about `{between}`"),
            help: format!("write `{first} && {between} {sign} {last}`"),
        });
        // `a == b == c` may have meant something else, so nothing more is said about it.
        let shape = match sign {
            "<" | "<=" | ">" | ">=" => Shape::Compare(sign, Box::new(middle), Box::new(right)),
            _ => Shape::Unreadable,
        };
        let second = self.node(shape, span.clone())?;
        self.node(Shape::All(vec![left, second]), span)
    }

    fn prefix(&mut self) -> Parsed<Tree> {
        let span = self.span();
        for sign in ["!", "-"] {
            if self.take(sign) {
                // `-9223372036854775808` is not needed: literals have at most 18 digits.
                let of = self.deeper(Self::prefix)?;
                let whole = span.start..of.span.end;
                let of = Box::new(of);
                let shape = if sign == "!" {
                    Shape::Not(of)
                } else {
                    Shape::Negate(of)
                };
                return self.node(shape, whole);
            }
        }
        let mut tree = self.primary()?;
        while self.is(".") || self.is("[") {
            tree = self.suffix(tree)?;
        }
        Ok(tree)
    }

    fn primary(&mut self) -> Parsed<Tree> {
        let span = self.span();
        let shape = match self.token().clone() {
            Token::Text(text) => Shape::Text(text),
            Token::Integer(number) => Shape::Integer(number),
            Token::Decimal(number) => Shape::Decimal(number),
            Token::Boolean(value) => Shape::Boolean(value),
            Token::Unreadable => Shape::Unreadable,
            Token::Name(name) => {
                self.at += 1;
                if self.take("(") {
                    let (arguments, end) = self.list(")")?;
                    let whole = span.start..end;
                    return self.node(
                        Shape::Call {
                            on: None,
                            name,
                            name_span: span,
                            arguments,
                        },
                        whole,
                    );
                }
                return self.node(Shape::Name(name), span);
            }
            Token::Sign("(") => {
                self.at += 1;
                let mut inner = self.deeper(|parser| parser.expression(0))?;
                let end = self.span().end;
                if !self.take(")") {
                    return self.stop("a `(` is still open", "close it with `)`");
                }
                inner.span = span.start..end;
                return Ok(inner);
            }
            Token::Sign("[") => {
                self.at += 1;
                let (parts, end) = self.list("]")?;
                return self.node(Shape::List(parts), span.start..end);
            }
            Token::End => {
                return self.stop(
                    "a value is missing after it",
                    "finish the condition, or remove the last operator",
                );
            }
            _ => {
                return self.stop(
                    "a column, a literal or a function belongs here",
                    "write a value, or remove the operator before it",
                );
            }
        };
        self.at += 1;
        self.node(shape, span)
    }

    fn suffix(&mut self, of: Tree) -> Parsed<Tree> {
        if self.is("[") {
            let span = of.span.start..self.span().end;
            self.problems.push(Problem {
                code: Code::ConditionRefused,
                span,
                message: "nothing can be indexed".into(),
                label: "there are no maps and no lists but after `in`".into(),
                help: "name a column: `event.net`".into(),
            });
            return Err(Stop);
        }
        self.at += 1;
        let name_span = self.span();
        let name = match self.token().clone() {
            Token::Name(name) => name,
            Token::In => "in".to_owned(),
            _ => return self.stop("the name of a column belongs after the point", "name one"),
        };
        self.at += 1;
        let start = of.span.start;
        if self.take("(") {
            let (arguments, end) = self.list(")")?;
            return self.node(
                Shape::Call {
                    on: Some(Box::new(of)),
                    name,
                    name_span,
                    arguments,
                },
                start..end,
            );
        }
        let span = start..name_span.end;
        self.node(Shape::Field(Box::new(of), name, name_span), span)
    }

    /// What stands between brackets, and where the closing one ends.
    fn list(&mut self, close: &'static str) -> Parsed<(Vec<Tree>, usize)> {
        self.deeper(|parser| {
            let mut parts = Vec::new();
            loop {
                let end = parser.span().end;
                if parser.take(close) {
                    return Ok((parts, end));
                }
                parts.push(parser.expression(0)?);
                if !parser.is(close) && !parser.take(",") {
                    let open = if close == ")" { "(" } else { "[" };
                    return parser.stop(
                        format!("a `{open}` is still open"),
                        format!("close it with `{close}`, or separate the parts with `,`"),
                    );
                }
            }
        })
    }
}
