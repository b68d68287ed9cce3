//! `nepho demo`: the dashboard on the embedded simulated cloud, or a recording of it.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};

use super::recording::Recording;
use super::screen::{LAYOUT_OF_DEMO, ScreenArgs, ScreenSettings};
use super::time;
use crate::app::clock;
use crate::app::demo_source::DemoSource;
use crate::app::run::{self, Dashboard, Origin};
use crate::demo::{Options, SETTINGS, Scenario, World};
use crate::engine::{Engine, Limits};
use crate::export::recording::write_up_to;
use crate::model::mark::Noted;
use crate::model::settings::Settings;
use crate::model::time::Timestamp;
use crate::sources::Source;
use crate::sources::pace::Terms;
use crate::store::scene::Mode;

/// Arguments of `nepho demo`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What goes wrong: calm, cold-burst, throttle-storm, double-orders, shuffled or incident
    #[arg(long, value_name = "NAME", default_value_t, value_parser = scenario)]
    scenario: Scenario,
    /// Another world of the same kind
    #[arg(long, value_name = "N", default_value_t = 7)]
    seed: u64,
    /// So many times as fast as real time
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// The moment at which it goes live, RFC 3339; its history lies before [default: now]
    #[arg(long, value_name = "T", value_parser = start)]
    start: Option<Timestamp>,
    /// How long clients go on after the start [default: for ever, with --record not at all]
    #[arg(long, value_name = "D", value_parser = time::span)]
    duration: Option<Duration>,
    /// Goes on until the recording has that many bytes before compression: 500M, 1G
    #[arg(long, value_name = "BYTES", requires = "record", conflicts_with = "duration", value_parser = size)]
    size: Option<u64>,
    /// Writes the raw records as NDJSON instead of showing them; zstd or gzip by the name, - for standard output. Its findings by
    /// the shop's own ids need the shop's settings beside it: nepho demo --print-config > nepho.toml
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Prints the settings that name the ids of the simulated shop, for a report of a recording
    #[arg(long, conflicts_with = "record")]
    print_config: bool,
    #[command(flatten)]
    screen: ScreenArgs,
}

/// Opens the dashboard, or writes a recording.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    if args.print_config {
        io::stdout().write_all(SETTINGS.as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut options = Options {
        scenario: args.scenario,
        seed: args.seed,
        start: args.start.unwrap_or_else(clock::now),
        duration_ms: args.duration.map(|duration| duration.as_millis() as i64),
        history_ms: None,
    };
    match &args.record {
        Some(path) => {
            let until_size = args.size.is_some();
            options.duration_ms = (!until_size).then(|| options.duration_ms.unwrap_or(0));
            record(World::new(&options), path, args.size.unwrap_or(u64::MAX))?;
        }
        None => show(&options, args.screen.read(LAYOUT_OF_DEMO)?, args.speed)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The dashboard on the world.
fn show(options: &Options, screen: ScreenSettings, speed: f64) -> anyhow::Result<()> {
    let settings = with_rules(screen.settings)?;
    let limits = Limits::of(&settings.memory, true);
    let engine = Engine::new(settings, limits)?;
    let mut source: Option<Box<dyn Source>> = Some(Box::new(DemoSource::new(World::new(options))));
    let clock = clock::simulated(options.start, speed);
    run::run(Dashboard {
        engine,
        origin: Origin::Sources {
            make: Box::new(move |_| Ok(source.take().into_iter().collect())),
            watching: None,
            terms: Terms::default(),
            clock: Arc::clone(&clock),
        },
        mode: Mode::Demo { speed },
        place: "demo".into(),
        clock: Some(clock),
        record: None,
        look: screen.look,
        keys: screen.keys,
        mouse: screen.mouse,
        notify: screen.notify,
        noted: Noted::default(),
        keeper: screen.keeper,
    })
}

/// The user's settings with the rules that name the shop's ids.
fn with_rules(mut settings: Settings) -> anyhow::Result<Settings> {
    let shop: Settings = toml::from_str(SETTINGS).context("the settings of the simulated shop")?;
    settings.extract.extend(shop.extract);
    Ok(settings)
}

/// Writes the world's records until it ends or `size` bytes are written.
fn record(world: World, path: &Path, size: u64) -> anyhow::Result<()> {
    let mut out = Recording::create(path)?;
    write_up_to(size, world.map(|(_, record)| record), &mut out)?;
    out.finish()?;
    Ok(())
}

fn scenario(text: &str) -> Result<Scenario, String> {
    text.parse().map_err(|_| {
        let names = <Scenario as strum::VariantNames>::VARIANTS.join(", ");
        format!("no such scenario · there are {names}")
    })
}

fn start(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_rfc3339(text)
        .ok_or_else(|| "not a moment · use RFC 3339 such as 2026-11-20T14:10:00Z".into())
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if (0.01..=1_000.0).contains(&speed) => Ok(speed),
        _ => Err("not a speed · use a number from 0.01 to 1000".into()),
    }
}

/// Bytes, with `K`, `M` or `G` for powers of 1,000.
fn size(text: &str) -> Result<u64, String> {
    let (number, unit) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (&text[..at], 1_000),
        Some((at, 'm' | 'M')) => (&text[..at], 1_000_000),
        Some((at, 'g' | 'G')) => (&text[..at], 1_000_000_000),
        _ => (text, 1),
    };
    let bytes: Option<u64> = number.parse().ok();
    bytes
        .and_then(|number| number.checked_mul(unit))
        .ok_or_else(|| anyhow!("not a size · use bytes, or 500M, 1G").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units_of_a_thousand() {
        assert_eq!(size("1G"), Ok(1_000_000_000));
        assert_eq!(size("250k"), Ok(250_000));
        assert_eq!(size("77"), Ok(77));
        assert!(size("").is_err() && size("G").is_err() && size("99999999999G").is_err());
    }

    #[test]
    fn an_unknown_scenario_is_told_the_names() {
        assert_eq!(scenario("double-orders"), Ok(Scenario::DoubleOrders));
        assert!(
            scenario("doubled")
                .unwrap_err()
                .ends_with("shuffled, incident")
        );
    }

    #[test]
    fn the_rules_of_the_shop_join_those_of_the_user() {
        let mut user = Settings::default();
        user.extract
            .push(crate::model::settings::ExtractRule::default());
        let joined = with_rules(user).unwrap();
        assert_eq!(joined.extract.len(), 3);
        assert!(joined.extract[1].dense);
    }
}
