//! From lines to records: how CloudWatch takes log lines in, late and in batches, and in which order they arrive.

use crate::model::record::{LogRecord, Record};
use crate::model::time::Timestamp;

use super::agenda::Agenda;
use super::random::Random;
use super::stamp::{MILLI, Micros, SECOND, millis, timestamp};

/// Lines of one stream within this time are sent together.
const BATCH: Micros = 400 * MILLI;

/// Records on their way, and the ways of CloudWatch with them.
pub(super) struct Outbox {
    arriving: Agenda<Record>,
    random: Random,
    /// What happened before is not told.
    from: Micros,
}

/// The sending end of one log stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Sender {
    /// Lines up to here join the open batch.
    until: Micros,
    ingestion: Micros,
    /// Names the batch in the event ids: 128 bits.
    batch: u128,
    index: u16,
}

impl Outbox {
    pub(super) fn new(random: Random, from: Micros) -> Self {
        Self {
            arriving: Agenda::new(),
            random,
            from,
        }
    }

    /// Whether what happens now will be told.
    pub(super) fn tells(&self, at: Micros) -> bool {
        at >= self.from
    }

    /// One line of a stream. Lines of one stream come in order of time.
    pub(super) fn line(
        &mut self,
        sender: &mut Sender,
        (group, stream): (&str, &str),
        at: Micros,
        message: &str,
    ) {
        if !self.tells(at) {
            return;
        }
        if at > sender.until {
            sender.until = at + BATCH;
            sender.ingestion = sender.until + self.lag();
            sender.batch = self.random.wide();
            sender.index = 0;
        }
        let stamp = timestamp(at);
        let record = Record::Log(LogRecord {
            group: group.into(),
            stream: stream.into(),
            timestamp: stamp,
            ingestion: Some(timestamp(sender.ingestion)),
            event_id: Some(event_id(stamp, sender.batch, sender.index)),
            message: message.into(),
        });
        sender.index = sender.index.wrapping_add(1);
        self.arriving.note(sender.ingestion, record);
    }

    /// A segment document of something that ended `at`.
    pub(super) fn segment(&mut self, at: Micros, document: &str) {
        if self.tells(at) {
            let lag = millis(self.random.lognormal(9_000.0, 0.6).min(55_000.0));
            self.arriving
                .note(at + lag, Record::Segment(document.into()));
        }
    }

    /// A record that arrives just then.
    pub(super) fn record(&mut self, arrives: Micros, record: Record) {
        self.arriving.note(arrives.max(self.from), record);
    }

    /// When the next record arrives.
    pub(super) fn next_at(&self) -> Option<Micros> {
        self.arriving.next_at()
    }

    pub(super) fn take(&mut self) -> Option<(Timestamp, Record)> {
        let (at, record) = self.arriving.take()?;
        Some((timestamp(at), record))
    }

    /// Median 2 s; one batch in 5,000 takes longer than half a minute.
    fn lag(&mut self) -> Micros {
        if self.random.chance(0.000_2) {
            return millis(self.random.between(30_000.0, 55_000.0));
        }
        millis(self.random.lognormal(2_000.0, 0.9).min(28_000.0)).min(28 * SECOND)
    }
}

/// CloudWatch's event id: 56 decimal digits of `timestamp << 144 | batch << 16 | index`.
fn event_id(at: Timestamp, batch: u128, index: u16) -> Box<str> {
    const DIGITS: usize = 56;
    /// As many digits as a limb holds whole.
    const WIDTH: usize = 19;
    const CHUNK: u64 = 10_000_000_000_000_000_000;
    let (high, low) = ((batch >> 64) as u64, batch as u64);
    // Three limbs of 64 bits, the most significant first: 192 bits hold a 41-bit timestamp above 144 bits.
    let mut limbs = [
        (at.0 as u64) << 16 | high >> 48,
        high << 16 | low >> 48,
        low << 16 | u64::from(index),
    ];
    let mut digits = [b'0'; DIGITS];
    let mut end = DIGITS;
    while end > 0 {
        let mut rest = 0u64;
        for limb in &mut limbs {
            let value = u128::from(rest) << 64 | u128::from(*limb);
            *limb = (value / u128::from(CHUNK)) as u64;
            rest = (value % u128::from(CHUNK)) as u64;
        }
        for slot in digits[end.saturating_sub(WIDTH)..end].iter_mut().rev() {
            *slot = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        end = end.saturating_sub(WIDTH);
    }
    str::from_utf8(&digits).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_id_holds_the_timestamp_the_batch_and_the_index() {
        // Computed with big integers elsewhere: `1795168801274 << 144`, and `1 << 144 | ((1 << 127) + 1) << 16 | 3`.
        assert_eq!(
            &*event_id(Timestamp(1_795_168_801_274), 0, 0),
            "40033602025563129891170919410964737026011068772839849984"
        );
        assert_eq!(
            &*event_id(Timestamp(1), (1 << 127) + 1, 3),
            "00000000000033451117797795934712303577408972542259036163"
        );
    }

    #[test]
    fn lines_of_a_batch_share_their_ingestion_and_count_up() {
        let mut outbox = Outbox::new(Random::new(5), 0);
        let mut sender = Sender::default();
        for at in [0, 10 * MILLI, 2 * SECOND] {
            outbox.line(&mut sender, ("g", "s"), at + SECOND, "x");
        }
        let mut logs: Vec<LogRecord> = std::iter::from_fn(|| outbox.take())
            .filter_map(|(_, record)| match record {
                Record::Log(log) => Some(log),
                _ => None,
            })
            .collect();
        assert_eq!(logs.len(), 3);
        // A later batch may arrive first.
        logs.sort_by_key(|log| log.timestamp);
        assert_eq!(logs[0].ingestion, logs[1].ingestion);
        assert_ne!(logs[0].ingestion, logs[2].ingestion);
        assert!(logs.iter().all(|log| log.ingestion > Some(log.timestamp)));
    }
}
