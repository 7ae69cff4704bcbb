//! What generated programmes collect.

/// The datasets of every generated programme.
pub(crate) const DATASETS: &str = r#"
[collect.cards]
event = "enrol"
id = "id"
member = "member"
account = "account"
time = "time"

[collect.people]
event = "profile"
id = "id"
member = "member"
account = "account"
time = "time"
purpose = "birthday"
retention = "1 year"
columns = { birthday = { pii = "keep" }, language = {} }

[collect.till]
event = "order"
id = "id"
member = "member"
account = "account"
time = "time"
line = "number"

[collect.till.columns]
channel = { values = ["app", "bar"] }
category = { values = ["drink", "food", "gift"], required = true }
quantity = { min = 1, max = 100 }
net = { required = true, min = 0.00, max = 100000.00 }

[collect.back]
event = "refund"
id = "id"
member = "member"
account = "account"
time = "time"
line = "number"
columns = { order = { required = true }, quantity = {}, net = {} }

[collect.app]
event = "activity"
id = "id"
member = "member"
account = "account"
time = "time"
columns = { name = { values = ["opened", "reloaded", "reviewed", "delivered"], required = true }, value = { min = 0, max = 1000 }, object = {} }

[collect.spent]
event = "redeem"
id = "id"
member = "member"
account = "account"
time = "time"

[collect.undone]
event = "unredeem"
id = "id"
member = "member"
account = "account"
time = "time"

[collect.desk]
event = "adjust"
id = "id"
member = "member"
account = "account"
time = "time"

[collect.brought]
event = "opening"
id = "id"
member = "member"
account = "account"
time = "time"

[collect.counter]
event = "reward"
id = "id"
member = "member"
account = "account"
time = "time"

[collect.answers]
event = "survey"
id = "id"
member = "member"
account = "account"
time = "time"
"#;
