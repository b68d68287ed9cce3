//! `cargo bench --bench stages`: each stage of a report alone, on a recording of the demo's incident of some 100,000 events.
//!
//! Decoding is measured by kind of line, in the mix of the recording; what is concluded, step by step, each given what the steps
//! before it made. For one step: `cargo bench --no-default-features --bench stages -- detect/duplicates`.
//!
//! The ledgers, of log events by which re-reads are known and of messages by which duplicates are, are measured at ten million ids too
//! and say what they hold.

#[path = "support/ids.rs"]
mod ids;
#[path = "support/incident.rs"]
mod incident;

use std::hint::black_box;

use bumpalo::Bump;
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

use nepho::correlate::{assemble, ledger, link, spans};
use nepho::decode::{Decoder, place};
use nepho::detect::seen::Seen;
use nepho::detect::{Grounds, cold_start, duplicate, error, figures, reorder, throttle, triage};
use nepho::engine::{self, Engine, Limits};
use nepho::export::report;
use nepho::model::batch::Batch;
use nepho::model::delivery::Delivery;
use nepho::model::facts::Facts;
use nepho::model::invocation::Assembled;
use nepho::model::record::Record;
use nepho::model::settings::Settings;
use nepho::model::symbols::Symbols;

use incident::{by_kind, recording, settings};

const RECORDS: usize = 100_000;
/// Lines of one kind that are decoded in a row.
const LINES: usize = 1_000;
const IDS: [usize; 2] = [100_000, 10_000_000];

fn decode(criterion: &mut Criterion, records: &[Record]) {
    let decoder = Decoder::new(&settings()).unwrap();
    let mut group = criterion.benchmark_group("decode");
    for (kind, lines) in by_kind(records, LINES) {
        group.throughput(Throughput::Elements(lines.len() as u64));
        group.bench_function(kind, |bencher| {
            bencher.iter(|| {
                let (mut symbols, mut arena) = (Symbols::default(), Bump::new());
                for log in &lines {
                    arena.reset();
                    let function = place(&log.group, &log.stream).function;
                    black_box(decoder.line(&log.line(), function, &mut symbols, &arena));
                }
            });
        });
    }
    group.finish();
}

fn conclude(criterion: &mut Criterion, records: Vec<Record>) {
    let settings = settings();
    let limits = Limits::of(&settings.memory, false);
    let batch = Batch::from(records);
    let fresh = || Engine::new(settings.clone(), limits).unwrap();
    let mut group = criterion.benchmark_group("engine");
    group.sample_size(20);
    group.throughput(Throughput::Elements(RECORDS as u64));
    group.bench_function("decode and take in", |bencher| {
        bencher.iter_batched(
            fresh,
            |mut engine| engine.apply(&batch),
            BatchSize::LargeInput,
        );
    });
    let mut engine = fresh();
    engine.apply(&batch);
    group.bench_function("conclude", |bencher| bencher.iter(|| engine.analyse()));
    group.finish();

    let facts = engine.facts();
    let analysis = engine.analyse();
    let (assembled, deliveries) = (&analysis.assembled, &analysis.deliveries);
    let mut group = criterion.benchmark_group("correlate");
    group.sample_size(20);
    group.bench_function("assemble", |bencher| {
        bencher.iter(|| assemble::assemble(&facts));
    });
    group.bench_function("spans", |bencher| {
        bencher.iter(|| spans::owners(&facts, assembled));
    });
    group.bench_function("ledger", |bencher| {
        bencher.iter(|| ledger::deliveries(&facts, assembled));
    });
    group.bench_function("link", |bencher| {
        bencher.iter(|| link::links(&facts, assembled, deliveries));
    });
    group.finish();

    let mut group = criterion.benchmark_group("detect");
    group.sample_size(20);
    group.bench_function("cold starts", |bencher| {
        bencher.iter(|| cold_start::inits(&facts, assembled));
    });
    group.bench_function("refusals", |bencher| {
        bencher.iter(|| throttle::attempts(&facts, assembled));
    });
    let refused = throttle::attempts(&facts, assembled);
    group.bench_function("throttles", |bencher| {
        bencher.iter(|| throttle::throttles(&facts, assembled, deliveries, &refused, &settings));
    });
    group.bench_function("seen", |bencher| {
        bencher.iter(|| Seen::new(&facts, assembled, deliveries));
    });
    let seen = Seen::new(&facts, assembled, deliveries);
    group.bench_function("duplicates", |bencher| {
        bencher.iter(|| duplicate::duplicates(&seen));
    });
    group.bench_function("order", |bencher| {
        bencher.iter(|| reorder::reordered(&seen));
    });
    group.bench_function("errors", |bencher| {
        bencher.iter(|| error::errors(&facts, assembled));
    });
    group.bench_function("figures", |bencher| {
        bencher.iter(|| figures::figures(&analysis));
    });
    let (_, _, collisions) = reorder::reordered(&seen);
    let grounds = Grounds {
        seen,
        refused,
        collisions,
    };
    group.bench_function("findings", |bencher| {
        bencher.iter(|| triage::findings(&analysis, &grounds, &settings));
    });
    group.finish();

    criterion.bench_function("export/json", |bencher| {
        bencher.iter(|| report::json(&analysis, false, &mut std::io::sink()));
    });
}

fn ledger_of_events(criterion: &mut Criterion) {
    let filled = |ids: usize| {
        // Two generations: the elder is forgotten when the younger is full.
        let mut seen = engine::Seen::new(3 * ids);
        ids::of_events(ids, |line| assert!(seen.is_new_line(line)));
        seen
    };
    let mut group = criterion.benchmark_group("ledger of events");
    group.sample_size(10);
    for ids in IDS {
        group.throughput(Throughput::Elements(ids as u64));
        group.bench_function(BenchmarkId::new("new", ids), |bencher| {
            bencher.iter_with_large_drop(|| filled(ids));
        });
        let mut held = None;
        group.bench_function(BenchmarkId::new("known", ids), |bencher| {
            let seen = held.get_or_insert_with(|| filled(ids));
            bencher.iter(|| ids::of_events(ids, |line| assert!(!seen.is_new_line(line))));
        });
        if let Some(seen) = held {
            held_by("the ledger of events", ids, seen.heap_bytes());
        }
    }
    group.finish();
}

fn ledger_of_messages(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ledger of messages");
    group.sample_size(10);
    for ids in IDS {
        group.throughput(Throughput::Elements(ids as u64));
        let mut held = None;
        group.bench_function(BenchmarkId::new("deliveries", ids), |bencher| {
            let (facts, assembled) = held.get_or_insert_with(|| runs_with(ids));
            bencher.iter_with_large_drop(|| ledger::deliveries(facts, assembled));
        });
        group.bench_function(BenchmarkId::new("duplicates", ids), |bencher| {
            let (facts, assembled) = held.get_or_insert_with(|| runs_with(ids));
            let deliveries = ledger::deliveries(facts, assembled);
            assert_eq!(deliveries.len(), ids::delivered(ids));
            bencher.iter(|| duplicate::duplicates(&Seen::new(facts, assembled, &deliveries)));
        });
        if held.is_some() {
            let deliveries = ids::delivered(ids) * size_of::<Delivery>();
            held_by("the ledger of messages", ids, deliveries);
        }
    }
    group.finish();
}

/// What is known of runs that are given so many messages.
fn runs_with(ids: usize) -> (Facts, Assembled) {
    let unbounded = Limits {
        fact_bytes: usize::MAX,
        event_ids: 0,
        log_text_bytes: 0,
    };
    let mut engine = Engine::new(Settings::default(), unbounded).unwrap();
    ids::of_messages(ids).for_each(|batch| engine.apply(&batch));
    held_by("the facts with their names", ids, engine.heap_bytes());
    let facts = engine.facts();
    let assembled = assemble::assemble(&facts);
    (facts, assembled)
}

fn held_by(what: &str, ids: usize, bytes: usize) {
    println!(
        "{what}: {} bytes an id, {} MB\n",
        bytes / ids,
        bytes / 1_000_000
    );
}

fn stages(criterion: &mut Criterion) {
    let records = recording(RECORDS);
    decode(criterion, &records);
    conclude(criterion, records);
}

criterion_group!(benches, stages, ledger_of_events, ledger_of_messages);
criterion_main!(benches);
