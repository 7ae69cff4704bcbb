//! The layout of the flow chart: bars of the rungs at the start and at the end, and bands between them.
//! Its places are floats; they are drawn, never shown as numbers.

use crate::error::PageError;
use crate::figures::Figure;
use crate::moves::NONE;
use minijinja::Value;

/// Height of the chart without what thin bands add.
const HEIGHT: f64 = 260.0;
/// Between two bars.
const GAP: f64 = 22.0;
/// A band is never thinner, or nobody would see it.
const THIN: f64 = 1.5;

/// A rung at the start of the window, the highest first.
pub(crate) struct Start<'a> {
    /// Its id.
    pub(crate) rung: &'a str,
    /// Members that were on it.
    pub(crate) members: &'a str,
    /// Where they went: the rung at the end, and the figure.
    pub(crate) cells: Vec<(&'a str, &'a Figure)>,
}

/// A rung at the end of the window, the highest first.
pub(crate) struct End<'a> {
    /// Its id.
    pub(crate) rung: &'a str,
    /// Members that were on it.
    pub(crate) members: String,
}

/// A bar.
struct Node {
    rung: String,
    members: String,
    y: f64,
    height: f64,
    /// Height that bands take up already.
    used: f64,
}

/// A band from a bar to a bar.
struct Band {
    from: String,
    to: String,
    members: String,
    way: &'static str,
    left: f64,
    right: f64,
    size: f64,
}

/// The chart.
pub(crate) struct Flow {
    left: Vec<Node>,
    right: Vec<Node>,
    bands: Vec<Band>,
    height: f64,
}

/// Bars and bands from top to bottom.
pub(crate) fn flow(starts: &[Start<'_>], ends: &[End<'_>]) -> Result<Flow, PageError> {
    let mut total = 0.0;
    for end in ends {
        total += float(&end.members)?;
    }
    let gaps = starts.len().max(ends.len()) as f64 - 1.0;
    let scale = Scale {
        members: f64::max(total, 1.0),
        room: HEIGHT - GAP * gaps,
    };
    let mut left = Vec::new();
    let mut y = 0.0;
    for start in starts {
        let mut size = 0.0;
        for (_, figure) in &start.cells {
            size += scale.thick(&figure.numerator)?;
        }
        left.push(Node::new(start.rung, start.members, y, size));
        y += size + GAP;
    }
    let mut right = Vec::new();
    let mut y = 0.0;
    for end in ends {
        let mut size = 0.0;
        for (to, figure) in starts.iter().flat_map(|start| &start.cells) {
            if *to == end.rung {
                size += scale.thick(&figure.numerator)?;
            }
        }
        right.push(Node::new(end.rung, &end.members, y, size));
        y += size + GAP;
    }
    let place = |rung: &str| ends.iter().position(|end| end.rung == rung);
    let mut bands = Vec::new();
    for (start, from) in starts.iter().zip(&mut left) {
        for (to, figure) in &start.cells {
            let size = scale.thick(&figure.numerator)?;
            let Some(to) = right.iter_mut().find(|node| node.rung == *to) else {
                continue;
            };
            if size <= 0.0 {
                continue;
            }
            bands.push(Band {
                from: from.rung.clone(),
                to: to.rung.clone(),
                members: figure.numerator.clone(),
                way: way(start.rung, &to.rung, place),
                left: from.y + from.used,
                right: to.y + to.used,
                size,
            });
            from.used += size;
            to.used += size;
        }
    }
    let height = left
        .iter()
        .chain(&right)
        .map(|node| node.y + node.height)
        .fold(0.0, f64::max);
    Ok(Flow {
        left,
        right,
        bands,
        height,
    })
}

/// How many members are how high.
struct Scale {
    members: f64,
    room: f64,
}

impl Scale {
    fn thick(&self, members: &str) -> Result<f64, PageError> {
        let members = float(members)?;
        Ok(if members > 0.0 {
            f64::max(members / self.members * self.room, THIN)
        } else {
            0.0
        })
    }
}

/// Where a band leads; its colour.
fn way(from: &str, to: &str, place: impl Fn(&str) -> Option<usize>) -> &'static str {
    if from == NONE {
        "joined"
    } else if from == to {
        "same"
    } else if place(to) < place(from) {
        "up"
    } else {
        "down"
    }
}

fn float(members: &str) -> Result<f64, PageError> {
    members.parse().map_err(|_| PageError::number(members))
}

impl Node {
    fn new(rung: &str, members: &str, y: f64, height: f64) -> Node {
        Node {
            rung: rung.to_owned(),
            members: members.to_owned(),
            y,
            height,
            used: 0.0,
        }
    }

    fn value(&self) -> Value {
        Value::from_pairs([
            ("rung", Value::from(self.rung.as_str())),
            ("members", Value::from(self.members.as_str())),
            ("y", Value::from(self.y)),
            ("height", Value::from(self.height)),
        ])
    }
}

impl Band {
    fn value(&self) -> Value {
        Value::from_pairs([
            ("from", Value::from(self.from.as_str())),
            ("to", Value::from(self.to.as_str())),
            ("members", Value::from(self.members.as_str())),
            ("way", Value::from(self.way)),
            ("left", Value::from(self.left)),
            ("right", Value::from(self.right)),
            ("size", Value::from(self.size)),
        ])
    }
}

impl Flow {
    /// For the templates.
    pub(crate) fn values(&self) -> Value {
        let nodes = |nodes: &[Node]| nodes.iter().map(Node::value).collect::<Vec<Value>>();
        let bands: Vec<Value> = self.bands.iter().map(Band::value).collect();
        Value::from_pairs([
            ("left", Value::from(nodes(&self.left))),
            ("right", Value::from(nodes(&self.right))),
            ("bands", Value::from(bands)),
            ("height", Value::from(self.height)),
        ])
    }
}
