//! Conditions by chance: well-typed texts, written from a list of choices. Choices that run out take
//! the first way, which ends; so a failing case shrinks to a short text.

pub struct Writer<'c> {
    choices: std::slice::Iter<'c, u8>,
    /// Only what CEL has too: integers, booleans, texts, `has`.
    cel: bool,
}

impl Writer<'_> {
    pub fn new(choices: &[u8], cel: bool) -> Writer<'_> {
        Writer {
            choices: choices.iter(),
            cel,
        }
    }

    fn of<'t, const N: usize>(&mut self, ways: [&'t str; N]) -> &'t str {
        ways[self.choice(N)]
    }

    fn choice(&mut self, ways: usize) -> usize {
        self.choices
            .next()
            .map_or(0, |choice| usize::from(*choice) % ways)
    }

    fn comparison(&mut self) -> &'static str {
        self.of(["==", "!=", "<", "<=", ">", ">="])
    }

    pub fn boolean(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.of(["event.gift", "true", "false"]).to_owned();
        }
        let next = depth - 1;
        let ways = if self.cel { 11 } else { 18 };
        match self.choice(ways) {
            0 => self.boolean(0),
            1 => format!(
                "({} {} {})",
                self.integer(next),
                self.comparison(),
                self.integer(next)
            ),
            2 => format!("({} && {})", self.boolean(next), self.boolean(next)),
            3 => format!("({} || {})", self.boolean(next), self.boolean(next)),
            4 => format!("!({})", self.boolean(next)),
            5 => format!(
                "({} ? {} : {})",
                self.boolean(next),
                self.boolean(next),
                self.boolean(next)
            ),
            6 => format!(
                "{} {} {}",
                self.text(next),
                self.of(["==", "!="]),
                self.text(next)
            ),
            7 => format!("({} in [1, 2, -3, 5])", self.integer(next)),
            8 => format!("({} in [\"drink\", \"food\"])", self.text(next)),
            9 => {
                let test = self.of([
                    "contains(\"oo\")",
                    "startsWith(\"d\")",
                    "endsWith(\"s\")",
                    "contains(\"\")",
                ]);
                format!("({}).{test}", self.text(next))
            }
            10 => format!(
                "(has(event.table) && event.table {} {})",
                self.comparison(),
                self.integer(next)
            ),
            11 => format!(
                "({} {} {})",
                self.money(next),
                self.comparison(),
                self.money(next)
            ),
            12 => format!(
                "({} {} {})",
                self.decimal(next),
                self.comparison(),
                self.decimal(next)
            ),
            13 => format!(
                "({} {} {})",
                self.date(next),
                self.comparison(),
                self.date(next)
            ),
            14 => self
                .of([
                    "event.weekday == \"tue\"",
                    "event.weekday in [\"sat\", \"sun\"]",
                    "event.app == true",
                    "event.coupon in [\"DRINK\", \"\"]",
                    "event.tip == 4.50",
                    "event.table in [1, 2, 3]",
                    "has(event.coupon)",
                    "has(event.channel)",
                    "event.paid_at > event.time",
                    "event.coupon == event.channel",
                    "event.id == \"417\"",
                    "event.source == \"till\"",
                ])
                .to_owned(),
            15 => format!("default(event.app, {})", self.boolean(next)),
            16 => format!("(weekday({}) == event.weekday)", self.date(next)),
            _ => format!("({} in [1.50, 2, -0.25])", self.decimal(next)),
        }
    }

    pub fn integer(&mut self, depth: usize) -> String {
        if depth == 0 {
            let cel = ["1", "2", "7", "-3", "event.items", "4611686018427387904"];
            let more = [
                "event.hour",
                "event.day",
                "event.month",
                "default(event.table, 3)",
            ];
            return match self.choice(if self.cel { 6 } else { 10 }) {
                at if at < 6 => cel[at].to_owned(),
                at => more[at - 6].to_owned(),
            };
        }
        let next = depth - 1;
        match self.choice(if self.cel { 7 } else { 12 }) {
            0 => self.integer(0),
            1 => format!("({} + {})", self.integer(next), self.integer(next)),
            2 => format!("({} - {})", self.integer(next), self.integer(next)),
            3 => format!("({} * {})", self.integer(next), self.integer(next)),
            4 => format!("({} % {})", self.integer(next), self.of(["7", "-2", "1"])),
            5 => format!(
                "({} ? {} : {})",
                self.boolean(next),
                self.integer(next),
                self.integer(next)
            ),
            6 => format!("size({})", self.text(next)),
            7 => format!(
                "{}({}, {})",
                self.of(["min", "max"]),
                self.integer(next),
                self.integer(next)
            ),
            8 => format!("abs({})", self.integer(next)),
            9 => format!("-({})", self.integer(next)),
            10 => format!(
                "{}({}, {})",
                self.of(["days", "months", "years"]),
                self.date(next),
                self.date(next)
            ),
            _ => format!("{}({})", self.of(["year", "month", "day"]), self.date(next)),
        }
    }

    pub fn decimal(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self
                .of(["1.5", "event.weight", "0.125", "line.quantity"])
                .to_owned();
        }
        let next = depth - 1;
        match self.choice(8) {
            0 => self.decimal(0),
            1 => format!("({} + {})", self.decimal(next), self.decimal(next)),
            2 => format!("({} - {})", self.decimal(next), self.integer(next)),
            3 => format!(
                "({} * {})",
                self.decimal(next),
                self.of(["2", "0.5", "event.items"])
            ),
            4 => format!(
                "({} / {})",
                self.integer(next),
                self.of(["3", "0.25", "-8"])
            ),
            5 => format!(
                "({} ? {} : {})",
                self.boolean(next),
                self.decimal(next),
                self.decimal(next)
            ),
            6 => format!(
                "{}({}, {})",
                self.of(["min", "max"]),
                self.decimal(next),
                self.integer(next)
            ),
            _ => format!("-({})", self.decimal(next)),
        }
    }

    pub fn money(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self
                .of([
                    "4.50",
                    "event.net",
                    "line.net",
                    "line.unit_price",
                    "default(event.tip, 0.00)",
                    "event.gross",
                ])
                .to_owned();
        }
        let next = depth - 1;
        match self.choice(9) {
            0 => self.money(0),
            1 => format!("({} + {})", self.money(next), self.money(next)),
            2 => format!("({} - {})", self.money(next), self.money(next)),
            3 => format!("(event.net * {})", self.integer(next)),
            4 => format!("({} / 4)", self.money(0)),
            5 => format!(
                "({} ? {} : {})",
                self.boolean(next),
                self.money(next),
                self.money(next)
            ),
            6 => format!(
                "{}({}, {})",
                self.of(["min", "max"]),
                self.money(next),
                self.money(next)
            ),
            7 => format!("abs({} - event.gross)", self.money(next)),
            _ => format!("(has(event.tip) ? event.tip * 2 : {})", self.money(next)),
        }
    }

    pub fn date(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self
                .of([
                    "event.date",
                    "event.due",
                    "date(\"2024-02-29\")",
                    "default(event.pickup, event.date)",
                ])
                .to_owned();
        }
        let next = depth - 1;
        match self.choice(5) {
            0 => self.date(0),
            1 => format!(
                "({} {} duration({}))",
                self.date(next),
                self.of(["+", "-"]),
                self.of([
                    "\"1 month\"",
                    "\"30 days\"",
                    "\"2 weeks\"",
                    "\"1 quarter\"",
                    "\"3 years\""
                ])
            ),
            2 => format!(
                "({} ? {} : {})",
                self.boolean(next),
                self.date(next),
                self.date(next)
            ),
            3 => format!(
                "{}({}, {})",
                self.of(["min", "max"]),
                self.date(next),
                self.date(next)
            ),
            _ => "(has(event.pickup) ? event.pickup + duration(\"1 year\") : event.due)".to_owned(),
        }
    }

    pub fn text(&mut self, depth: usize) -> String {
        if depth == 0 {
            // Only the declared values: beside `line.category` others are refused.
            let cel = ["\"drink\"", "event.note", "\"food\"", "\"beans\""];
            let more = [
                "line.category",
                "default(event.coupon, \"beans\")",
                "event.account",
                "event.member",
                "event.source",
                "event.id",
                "default(event.channel, \"food\")",
            ];
            return match self.choice(if self.cel { 4 } else { 11 }) {
                at if at < 4 => cel[at].to_owned(),
                at => more[at - 4].to_owned(),
            };
        }
        let next = depth - 1;
        match self.choice(if self.cel { 2 } else { 4 }) {
            0 => self.text(0),
            1 => format!(
                "({} ? {} : {})",
                self.boolean(next),
                self.text(next),
                self.text(next)
            ),
            2 => format!("lower({})", self.text(next)),
            _ => format!("(has(event.coupon) ? event.coupon : {})", self.text(next)),
        }
    }
}
