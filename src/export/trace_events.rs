//! Traces in the event format of Chrome's tracing, for Perfetto, speedscope and `chrome://tracing`.
//!
//! A function is a process, an environment a thread, a run or an init a complete event, a link a flow. Times are microseconds.

use std::io::{self, Write};

use hashbrown::HashMap;
use serde::Serialize;

use crate::model::analysis::Analysis;
use crate::model::invocation::{Environment, InvocationIndex};
use crate::model::rows::Init;
use crate::model::symbols::Sym;
use crate::model::text::plain;
use crate::model::time::Timestamp;

mod lanes;

#[cfg(test)]
mod tests;

use lanes::Lanes;

#[derive(Serialize)]
struct Event<'a, A> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cat: Option<&'a str>,
    ph: char,
    pid: u32,
    tid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<i64>,
    /// Ties the two ends of a flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    /// A flow ends at the event that encloses its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    bp: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    args: Option<A>,
}

#[derive(Serialize)]
struct Name<'a> {
    name: &'a str,
}

#[derive(Serialize)]
struct RunArgs {
    request_id: String,
    status: String,
}

#[derive(Serialize)]
struct InitArgs {
    kind: String,
}

/// Where a run is drawn.
#[derive(Clone, Copy)]
struct Place {
    pid: u32,
    tid: u32,
}

/// A stretch of an environment's time.
#[derive(Clone, Copy)]
enum Piece<'a> {
    Run(InvocationIndex),
    Init(&'a Init),
}

/// Writes one JSON object. Returns how many events it holds.
pub fn write(analysis: &Analysis, out: &mut dyn Write) -> io::Result<u64> {
    let mut events = Events {
        out,
        line: Vec::new(),
        written: 0,
    };
    events
        .out
        .write_all(b"{\"displayTimeUnit\":\"ms\",\"traceEvents\":[")?;
    let places = environments(analysis, &mut events)?;
    for (at, link) in analysis.links.iter().enumerate() {
        if let (Some(&from), Some(&to)) = (places.get(&link.parent), places.get(&link.child)) {
            let (parent, child) = (
                analysis.invocation(link.parent),
                analysis.invocation(link.child),
            );
            // A flow begins inside the event it leaves.
            let sent = child.start.min(parent.end).max(parent.start);
            let tier = link.tier.to_string();
            events.flow('s', &tier, at, from, sent)?;
            events.flow('f', &tier, at, to, child.start)?;
        }
    }
    events.out.write_all(b"\n]}\n")?;
    Ok(events.written)
}

/// Writes processes, threads, runs and inits; returns where the runs are.
fn environments(
    analysis: &Analysis,
    events: &mut Events<'_>,
) -> io::Result<HashMap<InvocationIndex, Place>> {
    let mut inits: HashMap<u32, Vec<&Init>> = HashMap::new();
    for init in analysis.inits.iter().filter(|init| init.init_ms.is_some()) {
        inits.entry(init.stream).or_default().push(init);
    }
    let pids = processes(analysis);
    let mut named: Vec<(&str, u32)> = pids
        .iter()
        .map(|(function, pid)| (analysis.text(*function), *pid))
        .collect();
    named.sort_unstable_by_key(|(_, pid)| *pid);
    for (name, pid) in named {
        events.name("process_name", Place { pid, tid: 0 }, &plain(name))?;
    }
    let mut places = HashMap::new();
    let mut threads: HashMap<u32, u32> = HashMap::new();
    for environment in &analysis.assembled.environments {
        let Some(&pid) = pids.get(&environment.function) else {
            continue;
        };
        let own_inits = inits
            .get(&environment.stream)
            .map_or(&[][..], Vec::as_slice);
        let threads = threads.entry(pid).or_insert(0);
        let first = *threads + 1;
        let stream = analysis.text(analysis.facts.streams[environment.stream as usize].stream);
        let mut lanes = Lanes::default();
        for (from, to, piece) in pieces(analysis, environment, own_inits) {
            let lane = lanes.place(from, to, matches!(piece, Piece::Init(_)));
            let place = Place {
                pid,
                tid: first + lane as u32,
            };
            if place.tid > *threads {
                *threads = place.tid;
                events.name("thread_name", place, &plain(stream))?;
            }
            events.piece(analysis, piece, place, from, to)?;
            if let Piece::Run(run) = piece {
                places.insert(run, place);
            }
        }
    }
    Ok(places)
}

/// Runs and inits of an environment in order of start, the longer one first.
fn pieces<'a>(
    analysis: &Analysis,
    environment: &Environment,
    inits: &[&'a Init],
) -> Vec<(Timestamp, Timestamp, Piece<'a>)> {
    let runs = environment.invocations.iter().copied();
    let runs: Vec<_> = runs
        .filter(|&run| analysis.invocation(run).counted)
        .collect();
    let starts: Vec<Timestamp> = runs
        .iter()
        .map(|&run| analysis.invocation(run).start)
        .collect();
    let mut pieces: Vec<_> = runs
        .iter()
        .map(|&run| {
            let of = analysis.invocation(run);
            (of.start, of.end.max(of.start), Piece::Run(run))
        })
        .collect();
    pieces.extend(inits.iter().map(|&init| {
        let end = init
            .at
            .plus_ms(init.init_ms.unwrap_or_default().round() as i64);
        // Its duration is measured, its start is a stamp: by them it may seem to reach into the run it came before.
        let next = starts.get(starts.partition_point(|start| *start <= init.at));
        let end = next.map_or(end, |next| end.min(*next));
        (init.at, end, Piece::Init(init))
    }));
    pieces.sort_by_key(|&(from, to, _)| (from, std::cmp::Reverse(to)));
    pieces
}

/// A number for each function, in order of their names.
fn processes(analysis: &Analysis) -> HashMap<Sym, u32> {
    let environments = analysis.assembled.environments.iter();
    let mut functions: Vec<Sym> = environments
        .map(|environment| environment.function)
        .collect();
    functions.sort_unstable_by_key(|function| analysis.text(*function));
    functions.dedup();
    functions.into_iter().zip(1..).collect()
}

struct Events<'o> {
    out: &'o mut dyn Write,
    /// The event that is being written: it is in many pieces.
    line: Vec<u8>,
    written: u64,
}

impl Events<'_> {
    fn name(&mut self, what: &str, place: Place, name: &str) -> io::Result<()> {
        self.event(&Event {
            args: Some(Name { name }),
            ..bare(what, 'M', place)
        })
    }

    fn piece(
        &mut self,
        analysis: &Analysis,
        piece: Piece<'_>,
        place: Place,
        from: Timestamp,
        to: Timestamp,
    ) -> io::Result<()> {
        let (ts, dur) = (Some(micros(from)), Some(micros(to) - micros(from)));
        match piece {
            Piece::Run(run) => {
                let run = analysis.invocation(run);
                let args = RunArgs {
                    request_id: run.request_id.to_string(),
                    status: run.status.to_string(),
                };
                self.event(&Event {
                    cat: Some("run"),
                    ts,
                    dur,
                    args: Some(args),
                    ..bare(&plain(analysis.text(run.function)), 'X', place)
                })
            }
            Piece::Init(init) => self.event(&Event {
                cat: Some("init"),
                ts,
                dur,
                args: Some(InitArgs {
                    kind: init.kind.to_string(),
                }),
                ..bare("init", 'X', place)
            }),
        }
    }

    fn flow(
        &mut self,
        end: char,
        tier: &str,
        id: usize,
        place: Place,
        at: Timestamp,
    ) -> io::Result<()> {
        self.event(&Event::<()> {
            cat: Some("link"),
            ts: Some(micros(at)),
            id: Some(id),
            bp: (end == 'f').then_some("e"),
            ..bare(tier, end, place)
        })
    }

    fn event(&mut self, event: &impl Serialize) -> io::Result<()> {
        let between: &[u8] = if self.written == 0 { b"\n" } else { b",\n" };
        self.line.clear();
        self.line.extend_from_slice(between);
        serde_json::to_writer(&mut self.line, event)?;
        self.written += 1;
        self.out.write_all(&self.line)
    }
}

fn bare<A>(name: &str, ph: char, place: Place) -> Event<'_, A> {
    Event {
        name,
        cat: None,
        ph,
        pid: place.pid,
        tid: place.tid,
        ts: None,
        dur: None,
        id: None,
        bp: None,
        args: None,
    }
}

fn micros(at: Timestamp) -> i64 {
    at.0.saturating_mul(1_000)
}
