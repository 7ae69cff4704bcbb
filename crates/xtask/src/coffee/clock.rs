//! The clock on the wall in Dublin.

use jiff::civil::{DateTime, Time};
use rungs_engine::calendar::{Day, Instant, Zone, date_of};

/// Microseconds of a minute.
pub const MINUTE: i64 = 60_000_000;
/// Microseconds of a second.
pub const SECOND: i64 = 1_000_000;

/// Wall-clock times of the programme's zone.
#[derive(Debug)]
pub struct Clock(Zone);

impl Clock {
    /// Dublin's, from the bundled zone data.
    ///
    /// # Errors
    /// If that data does not know Dublin.
    pub fn dublin() -> Result<Clock, String> {
        Zone::named("Europe/Dublin")
            .map(Clock)
            .ok_or_else(|| "the zone data does not know `Europe/Dublin`".to_owned())
    }

    /// The instant of a second of a local day. A time that is skipped in spring is the one after the
    /// gap, one that comes twice in autumn the first of them.
    pub fn at(&self, day: Day, second: i64) -> Instant {
        let time = Time::new(
            (second / 3600) as i8,
            (second / 60 % 60) as i8,
            (second % 60) as i8,
            0,
        )
        .unwrap_or(Time::midnight());
        let local = DateTime::from_parts(date_of(day), time);
        self.0.instant(local).unwrap_or(self.0.midnight(day))
    }

    /// The instant of `2025-10-26 01:30:00`.
    ///
    /// # Errors
    /// If the text is not a civil time.
    pub fn read(&self, local: &str) -> Result<Instant, String> {
        let civil: DateTime = local
            .parse()
            .map_err(|error| format!("`{local}` is not a civil time: {error}"))?;
        self.0
            .instant(civil)
            .ok_or_else(|| format!("`{local}` is out of range"))
    }

    /// The local day of an instant.
    pub fn day(&self, at: Instant) -> Day {
        self.0.day(at)
    }

    /// As a till prints it: `2025-03-04 08:12:05`, without offset.
    pub fn local(&self, at: Instant) -> String {
        let (civil, _) = self.civil(at);
        civil.strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// As the web shop writes it: `2025-10-26T01:30:00+01:00`.
    pub fn with_offset(&self, at: Instant) -> String {
        let (civil, minutes) = self.civil(at);
        format!(
            "{}{}{:02}:{:02}",
            civil.strftime("%Y-%m-%dT%H:%M:%S"),
            if minutes < 0 { '-' } else { '+' },
            minutes.abs() / 60,
            minutes.abs() % 60
        )
    }

    /// The local month, `2025-03`.
    pub fn month(&self, at: Instant) -> String {
        self.civil(at).0.strftime("%Y-%m").to_string()
    }

    fn civil(&self, at: Instant) -> (DateTime, i32) {
        jiff::Timestamp::from_microsecond(at).map_or((DateTime::MIN, 0), |stamp| {
            let offset = self.0.jiff().to_offset(stamp);
            (offset.to_datetime(stamp), offset.seconds() / 60)
        })
    }
}
