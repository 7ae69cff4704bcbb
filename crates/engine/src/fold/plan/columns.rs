//! The columns that settlement reads: those that it looks for by name, and those of conditions.

use super::{Plan, Rate};
use crate::canonical::Kind;
use crate::condition::expression::{Expr, Node};
use crate::program::Program;

/// Columns that settlement itself reads.
#[derive(Debug, Clone, Copy, Default)]
#[allow(missing_docs)]
pub struct Named {
    pub refund_order: Option<usize>,
    pub refund_quantity: Option<usize>,
    pub refund_net: Option<usize>,
    pub redeem_reward: Option<usize>,
    pub redeem_quantity: Option<usize>,
    pub redeem_points: Option<usize>,
    pub redeem_wallet: Option<usize>,
    pub unredeem_redeem: Option<usize>,
    pub unredeem_points: Option<usize>,
    pub adjust_wallet: Option<usize>,
    pub adjust_points: Option<usize>,
    pub adjust_rung: Option<usize>,
    pub adjust_ends: Option<usize>,
    pub adjust_metric: Option<usize>,
    pub adjust_value: Option<usize>,
    /// `reward.reward`.
    pub reward_id: Option<usize>,
    /// `reward.state`.
    pub reward_state: Option<usize>,
    pub opening_wallet: Option<usize>,
    pub opening_points: Option<usize>,
    pub opening_expires: Option<usize>,
    pub opening_rung: Option<usize>,
    pub opening_until: Option<usize>,
    pub line_quantity: Option<usize>,
}

impl Named {
    pub(super) fn of(program: &Program) -> Named {
        let find = |kind, name| column(program, kind, false, name);
        let line = |kind, name| column(program, kind, true, name);
        Named {
            refund_order: find(Kind::Refund, "order"),
            refund_quantity: line(Kind::Refund, "quantity"),
            refund_net: line(Kind::Refund, "net"),
            redeem_reward: find(Kind::Redeem, "reward"),
            redeem_quantity: find(Kind::Redeem, "quantity"),
            redeem_points: find(Kind::Redeem, "points"),
            redeem_wallet: find(Kind::Redeem, "wallet"),
            unredeem_redeem: find(Kind::Unredeem, "redeem"),
            unredeem_points: find(Kind::Unredeem, "points"),
            adjust_wallet: find(Kind::Adjust, "wallet"),
            adjust_points: find(Kind::Adjust, "points"),
            adjust_rung: find(Kind::Adjust, "rung"),
            adjust_ends: find(Kind::Adjust, "ends"),
            adjust_metric: find(Kind::Adjust, "metric"),
            adjust_value: find(Kind::Adjust, "value"),
            reward_id: find(Kind::Reward, "reward"),
            reward_state: find(Kind::Reward, "state"),
            opening_wallet: find(Kind::Opening, "wallet"),
            opening_points: find(Kind::Opening, "points"),
            opening_expires: find(Kind::Opening, "expires"),
            opening_rung: find(Kind::Opening, "rung"),
            opening_until: find(Kind::Opening, "rung_until"),
            line_quantity: line(Kind::Order, "quantity"),
        }
    }
}

impl Plan<'_> {
    /// Per column: is it read at all?
    pub(super) fn read_columns(&self) -> Vec<bool> {
        let mut reads = vec![false; self.program.columns.len()];
        let mut mark = |column: usize| {
            if let Some(read) = reads.get_mut(column) {
                *read = true;
            }
        };
        for kind in Kind::ALL {
            for expr in self.conditions(*kind) {
                expr.any(&mut |node| {
                    if let Node::Column(column) = node {
                        mark(*column);
                    }
                    false
                });
            }
        }
        let named = self.named;
        for column in [
            named.refund_order,
            named.refund_quantity,
            named.refund_net,
            named.redeem_reward,
            named.redeem_quantity,
            named.redeem_points,
            named.redeem_wallet,
            named.unredeem_redeem,
            named.unredeem_points,
            named.adjust_wallet,
            named.adjust_points,
            named.adjust_rung,
            named.adjust_ends,
            named.adjust_metric,
            named.adjust_value,
            named.reward_id,
            named.reward_state,
            named.opening_wallet,
            named.opening_points,
            named.opening_expires,
            named.opening_rung,
            named.opening_until,
        ]
        .into_iter()
        .flatten()
        {
            mark(column);
        }
        if self
            .rules
            .iter()
            .any(|rule| matches!(rule.rate, Rate::Unit { .. }))
        {
            named.line_quantity.into_iter().for_each(&mut mark);
        }
        for (index, column) in self.program.columns.iter().enumerate() {
            if column.kind == Kind::Profile && column.declared {
                mark(index);
            }
        }
        reads
    }
}

/// The column of a kind by its name.
pub fn column(program: &Program, kind: Kind, line: bool, name: &str) -> Option<usize> {
    program
        .columns
        .iter()
        .position(|column| column.kind == kind && column.line == line && column.name == name)
}

pub(super) fn mentions_line(program: &Program, expr: Option<&Expr>) -> bool {
    expr.is_some_and(|expr| {
        expr.any(&mut |node| matches!(node, Node::Column(column) if program.columns.get(*column).is_some_and(|c| c.line)))
    })
}
