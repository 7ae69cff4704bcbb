//! `a == b` and its like, `a in [..]`.

use super::expression::{Compare, Node, Sort};
use super::tree::{Shape, Tree};
use super::typing::{Typed, Typer, part, truth};
use crate::finding::Code;
use std::ops::Range;

impl<'a> Typer<'a> {
    /// `a == b` and its like.
    pub(super) fn compare(
        &mut self,
        sign: &'static str,
        a: &Tree,
        b: &Tree,
        span: Range<usize>,
    ) -> Option<Typed<'a>> {
        let compare = match sign {
            "==" => Compare::Equal,
            "!=" => Compare::NotEqual,
            "<" => Compare::Less,
            "<=" => Compare::LessEqual,
            ">" => Compare::Greater,
            _ => Compare::GreaterEqual,
        };
        let (a, b) = (self.typed(a), self.typed(b));
        let (a, b) = (a?, b?);
        let (a, b) = self.agree(a, b, "be compared with", true)?;
        let (a, b) = self.level(a, b, &span)?;
        if compare != Compare::Equal {
            self.full(&a);
            self.full(&b);
        }
        let equality = matches!(compare, Compare::Equal | Compare::NotEqual);
        if !equality && !self.ordered(sign, &a, &b, &span) {
            return None;
        }
        if a.sort() == Sort::Duration {
            self.problem(
                Code::ConditionType,
                span,
                "durations cannot be compared",
                "a length is only added to a date or taken from it",
                "write `days(a, b) >= 30`",
            );
            return None;
        }
        if let (Some(x), Some(y)) = (a.constant(), b.constant()) {
            return Some(truth(compare.holds(x.cmp(&y)), span));
        }
        if let (Some(x), Some(y)) = (a.literal(), b.literal()) {
            return Some(truth(compare.holds(x.cmp(y)), span));
        }
        let node = Node::Compare(compare, Box::new(a.expr), Box::new(b.expr));
        Some(part(node, Sort::Boolean, 1, span, &[]))
    }

    /// Whether `<` and its like make sense.
    fn ordered(&mut self, sign: &str, a: &Typed<'_>, b: &Typed<'_>, span: &Range<usize>) -> bool {
        let (left, right) = (self.written(&a.span()), self.written(&b.span()));
        let (message, label, help) = match a.sort() {
            Sort::Text => (
                "texts have no order",
                "how texts sort differs from language to language",
                format!("ask `{left} == {right}`, or `{left} in [..]`"),
            ),
            Sort::Boolean => (
                "true and false have no order",
                "neither is more than the other",
                format!("ask `{left} == {right}`"),
            ),
            Sort::Weekday => (
                "weekdays have no order",
                "a week begins on different days",
                format!("list them: `{left} in [\"sat\", \"sun\"]`"),
            ),
            _ => return true,
        };
        self.problem(
            Code::ConditionRefused,
            span.clone(),
            format!("{message}, so `{sign}` is refused"),
            label,
            help,
        );
        false
    }

    /// `a in [..]`
    pub(super) fn within(
        &mut self,
        tree: &Tree,
        list: &Tree,
        span: Range<usize>,
    ) -> Option<Typed<'a>> {
        let of = self.typed(tree);
        let Shape::List(items) = &list.shape else {
            let written = self.written(&tree.span);
            self.problem(
                Code::ConditionType,
                list.span.clone(),
                "`in` needs a list of literals",
                "not a list",
                format!("write `{written} in [..]` with the literals in the brackets"),
            );
            return None;
        };
        if items.is_empty() {
            self.problem(
                Code::ConditionType,
                list.span.clone(),
                "nothing is in an empty list",
                "so this is never true",
                "write the values: `in [\"a\", \"b\"]`",
            );
            return None;
        }
        let mut typed = Vec::new();
        for item in items {
            let Some(item) = self.typed(item) else {
                typed.push(None);
                continue;
            };
            if item.constant().is_none() && item.literal().is_none() {
                self.problem(
                    Code::ConditionType,
                    item.span(),
                    "a list holds literals only",
                    "this differs from event to event",
                    "compare by itself: `a == b || a in [..]`",
                );
                typed.push(None);
                continue;
            }
            typed.push(Some(item));
        }
        let mut of = of?;
        let mut agreed = Vec::new();
        for item in typed {
            agreed.push(item.and_then(|item| {
                let (left, item) = self.agree(of.clone(), item, "be compared with", true)?;
                of = left;
                Some(item)
            }));
        }
        let items: Vec<Typed<'a>> = agreed.into_iter().collect::<Option<_>>()?;
        if of.sort() == Sort::Text {
            let texts = items
                .iter()
                .filter_map(|item| item.literal().map(str::to_owned))
                .collect();
            let node = Node::InTexts(Box::new(of.expr), texts);
            return Some(part(node, Sort::Boolean, 1, span, &[]));
        }
        let mut den = of.expr.den;
        for item in &items {
            den = self.common(den, item.expr.den, &span)?;
        }
        let of = self.scaled(of, den, &span)?;
        let mut values = Vec::new();
        for item in items {
            values.push(self.scaled(item, den, &span)?.constant()?);
        }
        if let Some(value) = of.constant() {
            return Some(truth(values.contains(&value), span));
        }
        let node = Node::In(Box::new(of.expr), values);
        Some(part(node, Sort::Boolean, 1, span, &[]))
    }
}
