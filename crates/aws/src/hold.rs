//! Points that a till holds, so that a member cannot spend them twice before the night settles the first redemption.
//!
//! A hold is an attribute of the member's item: `hold#<dataset>/<id of the redemption>`, a map of `points`, `until` and,
//! where they are not of the first, `wallet`.
//! It is written on condition that nothing was held meanwhile (`hold_token` counts) and that the balance is the one that
//! was read. The night that settles the redemption takes the points off the balance and removes the hold in one write;
//! it touches no other hold. One that is over does not count any more, and the next one removes it.

use crate::items::{hold, member_pk};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{DisplayErrorContext, SdkError};
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue as Value;
use jiff::Timestamp;
use std::collections::HashMap;

/// How often others may come in between before a till gives up.
const ATTEMPTS: usize = 10;

/// What a till asks of the table, and does in it.
#[derive(Debug, Clone)]
pub struct Till {
    client: Client,
    table: String,
    /// Nothing: the programme's first.
    wallet: Option<String>,
}

/// Why points were not held. Nothing was changed, unless it is unavailable: then asking again says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldError {
    /// The table has no such member.
    Unknown,
    /// So many scaled points are free.
    NotEnough(i64),
    /// The redemption holds other points already.
    HeldOtherwise(i64),
    /// Others came in between each time; try again.
    Busy,
    /// DynamoDB could not be reached, or the item cannot be read.
    Unavailable(String),
}

impl std::fmt::Display for HoldError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            HoldError::Unknown => out.write_str("the member has no points yet"),
            HoldError::NotEnough(free) => write!(out, "only {free} points are free"),
            HoldError::HeldOtherwise(points) => {
                write!(out, "the redemption holds {points} points already")
            }
            HoldError::Busy => out.write_str("others spend this member's points at this moment"),
            HoldError::Unavailable(cause) => write!(out, "the table cannot be asked: {cause}"),
        }
    }
}

impl std::error::Error for HoldError {}

/// A member's item, as far as holds go.
struct Member {
    balance: i64,
    token: Option<i64>,
    /// In the order of their attributes.
    holds: Vec<Hold>,
}

/// Points that are held.
struct Hold {
    /// The attribute.
    name: String,
    points: i64,
    until: Timestamp,
    wallet: Option<String>,
}

impl Till {
    /// By the table's name. It asks for points of the programme's first wallet, and holds them.
    pub fn new(client: Client, table: &str) -> Till {
        Till {
            client,
            table: table.to_owned(),
            wallet: None,
        }
    }

    /// The same for another of the programme's wallets, by its id.
    pub fn of_wallet(&self, id: &str) -> Till {
        Till {
            wallet: Some(id.to_owned()),
            ..self.clone()
        }
    }

    /// Scaled points that can be spent now: the balance of the last night less what is held.
    pub async fn free(
        &self,
        program: &str,
        account: &str,
        now: Timestamp,
    ) -> Result<i64, HoldError> {
        let member = self.read(program, account).await?;
        Ok(member.free(&self.wallet, now))
    }

    /// Holds scaled points for a redemption, named by its dataset, a slash and its id as the upload will name it, until
    /// an instant after which its night is surely settled. Gives what is free then. Doing it again changes nothing.
    pub async fn hold(
        &self,
        program: &str,
        account: &str,
        redemption: &str,
        points: i64,
        (now, until): (Timestamp, Timestamp),
    ) -> Result<i64, HoldError> {
        let name = hold(redemption);
        for _ in 0..ATTEMPTS {
            let member = self.read(program, account).await?;
            let free = member.free(&self.wallet, now);
            if let Some(held) = member.live(now).find(|held| held.name == name) {
                return match held.points == points && held.wallet == self.wallet {
                    true => Ok(free),
                    false => Err(HoldError::HeldOtherwise(held.points)),
                };
            }
            if points <= 0 || points > free {
                return Err(HoldError::NotEnough(free));
            }
            let over = member.holds.iter().filter(|held| held.until <= now);
            let over = over.map(|held| held.name.as_str());
            let gone: Vec<&str> = over.filter(|there| *there != name).collect();
            let mut value = HashMap::from([
                ("points".to_owned(), Value::N(points.to_string())),
                ("until".to_owned(), Value::S(until.to_string())),
            ]);
            let wallet = self.wallet.clone().map(Value::S);
            value.extend(wallet.map(|id| ("wallet".to_owned(), id)));
            let value = Value::M(value);
            let key = (program, account);
            if self
                .change(key, &member, Some((&name, value)), &gone)
                .await?
            {
                return Ok(free - points);
            }
        }
        Err(HoldError::Busy)
    }

    /// Lets points go that were held for a redemption that will not be uploaded. Nothing if there are none.
    pub async fn release(
        &self,
        program: &str,
        account: &str,
        redemption: &str,
    ) -> Result<(), HoldError> {
        let name = hold(redemption);
        for _ in 0..ATTEMPTS {
            let member = self.read(program, account).await?;
            let held = member.holds.iter().any(|held| held.name == name);
            if !held
                || self
                    .change((program, account), &member, None, &[&name])
                    .await?
            {
                return Ok(());
            }
        }
        Err(HoldError::Busy)
    }

    async fn read(&self, program: &str, account: &str) -> Result<Member, HoldError> {
        let got = self.client.get_item().table_name(&self.table);
        let got = got
            .key("pk", Value::S(member_pk(program, account)))
            .key("sk", Value::S("member".to_owned()))
            .consistent_read(true)
            .send();
        let item = got.await.map_err(unavailable)?.item;
        // A hold alone makes no member.
        let item = item.filter(|item| item.contains_key("run"));
        Member::of(&item.ok_or(HoldError::Unknown)?, self.wallet.as_deref())
    }

    /// False if somebody came in between.
    async fn change(
        &self,
        (program, account): (&str, &str),
        seen: &Member,
        new: Option<(&str, Value)>,
        gone: &[&str],
    ) -> Result<bool, HoldError> {
        let mut change = "SET hold_token = :next".to_owned();
        let balance = self
            .wallet
            .as_ref()
            .map_or("balance", |_| "other_wallets.#wallet.balance");
        let mut condition = format!("{balance} = :balance AND ");
        let update = self.client.update_item().table_name(&self.table);
        let mut update = update
            .key("pk", Value::S(member_pk(program, account)))
            .key("sk", Value::S("member".to_owned()))
            .expression_attribute_values(":balance", Value::N(seen.balance.to_string()));
        if let Some(id) = &self.wallet {
            update = update.expression_attribute_names("#wallet", id);
        }
        let next = match seen.token {
            None => {
                condition.push_str("attribute_not_exists(hold_token)");
                1
            }
            Some(token) => {
                condition.push_str("hold_token = :seen");
                update = update.expression_attribute_values(":seen", Value::N(token.to_string()));
                token + 1
            }
        };
        update = update.expression_attribute_values(":next", Value::N(next.to_string()));
        if let Some((name, value)) = new {
            change.push_str(", #new = :new");
            update = update
                .expression_attribute_names("#new", name)
                .expression_attribute_values(":new", value);
        }
        for (place, name) in gone.iter().enumerate() {
            let comma = if place == 0 { " REMOVE" } else { "," };
            change.push_str(&format!("{comma} #{place}"));
            update = update.expression_attribute_names(format!("#{place}"), *name);
        }
        let update = update.update_expression(change);
        match update.condition_expression(condition).send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(error))
                if matches!(
                    error.err(),
                    UpdateItemError::ConditionalCheckFailedException(_)
                ) =>
            {
                Ok(false)
            }
            Err(error) => Err(unavailable(error)),
        }
    }
}

impl Member {
    /// By its item; the balance is that of a wallet, of the first if none is named.
    fn of(item: &HashMap<String, Value>, wallet: Option<&str>) -> Result<Member, HoldError> {
        let held = item.iter().filter(|(name, _)| name.starts_with("hold#"));
        let held = held.map(|(name, value)| {
            let map = value.as_m().ok();
            let points = map.and_then(|map| number(map.get("points")));
            let until = map.and_then(|map| map.get("until")?.as_s().ok()?.parse().ok());
            match (points, until) {
                (Some(points), Some(until)) => Ok(Hold {
                    name: name.clone(),
                    points,
                    until,
                    wallet: map.and_then(|map| map.get("wallet")?.as_s().ok().cloned()),
                }),
                _ => Err(HoldError::Unavailable(format!("`{name}` is no hold"))),
            }
        });
        let mut holds = held.collect::<Result<Vec<_>, HoldError>>()?;
        holds.sort_by(|one, other| one.name.cmp(&other.name));
        let purse = match wallet {
            None => Some(item),
            Some(id) => {
                let others = item.get("other_wallets").and_then(|map| map.as_m().ok());
                others.and_then(|others| others.get(id)?.as_m().ok())
            }
        };
        let balance = purse.and_then(|purse| number(purse.get("balance")));
        let balance = balance.ok_or_else(|| {
            let of = wallet.map_or_else(String::new, |id| format!(" of wallet `{id}`"));
            HoldError::Unavailable(format!("the item has no balance{of}"))
        })?;
        Ok(Member {
            balance,
            token: number(item.get("hold_token")),
            holds,
        })
    }

    fn live(&self, now: Timestamp) -> impl Iterator<Item = &Hold> {
        self.holds.iter().filter(move |held| held.until > now)
    }

    fn free(&self, wallet: &Option<String>, now: Timestamp) -> i64 {
        let held = self.live(now).filter(|held| held.wallet == *wallet);
        self.balance - held.map(|held| held.points).sum::<i64>()
    }
}

fn number(value: Option<&Value>) -> Option<i64> {
    value?.as_n().ok()?.parse().ok()
}

fn unavailable<E, R>(error: SdkError<E, R>) -> HoldError
where
    SdkError<E, R>: std::error::Error,
{
    HoldError::Unavailable(DisplayErrorContext(error).to_string())
}
