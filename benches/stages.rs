//! `cargo bench --bench stages`: each stage of a report alone, on a recording of the demo's incident of some 100,000 events.
//!
//! Decoding is measured by kind of line, in the mix of the recording; what is concluded, step by step, each given what the steps
//! before it made. For one step: `cargo bench --no-default-features --bench stages -- detect/duplicates`.

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

use nepho::correlate::{assemble, ledger, link, spans};
use nepho::decode::{Decoder, place};
use nepho::demo::{Options, SETTINGS, Scenario, World};
use nepho::detect::seen::Seen;
use nepho::detect::{Grounds, cold_start, duplicate, error, figures, reorder, throttle, triage};
use nepho::engine::{Engine, Limits};
use nepho::export::report;
use nepho::model::batch::Batch;
use nepho::model::record::{LogRecord, Record};
use nepho::model::settings::Settings;
use nepho::model::symbols::Symbols;
use nepho::model::time::Timestamp;

const RECORDS: usize = 100_000;
/// Lines of one kind that are decoded in a row.
const LINES: usize = 1_000;

fn settings() -> Settings {
    toml::from_str(SETTINGS).unwrap()
}

fn recording() -> Vec<Record> {
    let world = World::new(&Options {
        scenario: Scenario::Incident,
        seed: 7,
        start: Timestamp(1_795_168_800_000),
        duration_ms: None,
        history_ms: None,
    });
    world.map(|(_, record)| record).take(RECORDS).collect()
}

/// What a reader would call a line.
fn kind(message: &str) -> &'static str {
    let starts = |mark: &str| message.starts_with(mark);
    let holds = |mark: &str| message.contains(mark);
    match () {
        () if starts("START ") => "start",
        () if starts("END ") => "end",
        () if starts("REPORT ") => "report",
        () if holds("\"platform.start\"") => "platform.start",
        () if holds("\"platform.report\"") => "platform.report",
        () if holds("\"Records\"") || holds("\"detail-type\"") => "event",
        () if starts("{") => "json",
        () if holds("{") => "json in text",
        () => "text",
    }
}

fn decode(criterion: &mut Criterion, records: &[Record]) {
    let decoder = Decoder::new(&settings()).unwrap();
    let mut kinds: BTreeMap<&str, Vec<&LogRecord>> = BTreeMap::new();
    for record in records {
        if let Record::Log(log) = record {
            let same = kinds.entry(kind(&log.message)).or_default();
            same.extend((same.len() < LINES).then_some(log));
        }
    }
    let mut group = criterion.benchmark_group("decode");
    for (kind, lines) in kinds {
        group.throughput(Throughput::Elements(lines.len() as u64));
        group.bench_function(kind, |bencher| {
            bencher.iter(|| {
                let mut symbols = Symbols::default();
                for log in &lines {
                    let function = place(&log.group, &log.stream).function;
                    black_box(decoder.line(&log.line(), function, &mut symbols));
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

fn stages(criterion: &mut Criterion) {
    let records = recording();
    decode(criterion, &records);
    conclude(criterion, records);
}

criterion_group!(benches, stages);
criterion_main!(benches);
